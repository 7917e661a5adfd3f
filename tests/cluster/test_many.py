"""Many jobs on many slots: the scheduler's own code with simulated nodes, see benchmarks/."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def found(repository: Path, tmp_path_factory: Any) -> dict[str, float]:
    out = tmp_path_factory.mktemp("many") / "found.json"
    command = [sys.executable, str(repository / "benchmarks" / "many_jobs.py")]
    words = ["--jobs", "700", "--slots", "64", "--out", str(out)]
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(out.read_text()))


def test_all_jobs_are_done_on_the_slots_there_are(found: dict[str, float]) -> None:
    assert found["jobs"] > 700
    assert 64 * found["virtual_hours"] * 3600 > 0.5 * found["slot_seconds"]
    assert found["slot_seconds"] > 100 * found["jobs"], "jobs of minutes"


def test_a_job_costs_the_scheduler_milliseconds(found: dict[str, float]) -> None:
    assert found["schedule_milliseconds_a_job"] < 50
    assert found["second_run_seconds"] < 10


def test_what_it_says_and_keeps_is_bounded(found: dict[str, float]) -> None:
    assert found["longest_line"] < 2000
    assert found["most_posted"] <= 1.5 * 64
