"""Whole studies on a real Slurm, and what is killed meanwhile."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cluster.studies import Place

ON = ("--executor", "slurm", "--set", "executor.slurm.partition=debug")


@pytest.fixture
def place(slurm: Any, tmp_path: Path, repository: Path) -> Place:
    return Place(tmp_path, repository / "specs" / "quickstart.toml", ON)


def test_the_store_is_that_of_a_local_run(place: Place, locally: Any) -> None:
    place.run()
    assert place.content() == locally.content()
    assert place.squeue() == [], "no allocation waits for more"
    assert not place.results.elsewhere.exists()


def test_a_node_that_dies_loses_nothing(place: Place, slurm: Any, locally: Any) -> None:
    place.take_data(locally)
    process = place.start()
    place.wait_for_training()
    finished = place.finished()
    slurm.kill_node()
    slurm.start_node()
    place.end(process)
    assert place.content() == locally.content()
    assert finished.items() <= place.finished().items(), "what was finished was not done again"
    assert "was lost; it goes on in another from its last checkpoint" in place.output()


def test_a_scheduler_that_was_killed_adopts_what_runs(place: Place, locally: Any) -> None:
    place.take_data(locally)
    first = place.start()
    place.wait_for_training()
    first.kill()
    first.wait()
    allocations = place.squeue()
    assert len(allocations) == 1, "it goes on alone"
    assert "queued or running on slurm; take them over by" in place.run(
        "--executor", "local", code=3
    )
    place.run()
    assert place.content() == locally.content()
    assert set(place.attempts().values()) == {1}, "nothing was started twice"


def test_an_allocation_out_of_time_hands_its_job_on(place: Place, locally: Any) -> None:
    place.take_data(locally)
    sets = ("executor.allocations=2", "executor.slots=1", "executor.pack_minutes=0")
    process = place.start(*(word for one in sets for word in ("--set", one)))
    place.wait_for_training()
    name = sorted(place.squeue())[0]
    subprocess.run(["scancel", "--signal=USR2", name], check=True)  # what Slurm sends beforehand
    place.end(process)
    assert place.content() == locally.content()
    said = "".join(path.read_text() for path in place.results.root.glob(".slurm/*.out"))
    assert "Calling checkpoint method" in said
    assert "Requeued job" in said
    assert set(place.attempts().values()) == {1}


def test_what_is_left_can_be_cancelled(place: Place, locally: Any) -> None:
    place.take_data(locally)
    process = place.start()
    place.wait_for_training()
    process.terminate()
    place.end(process, code=130)
    assert place.squeue() != []
    said = place.specbench("status").stdout
    assert "slurm: 1 allocations running on " in said
    assert place.specbench("cancel").returncode == 0
    assert place.squeue() == []
    assert not place.results.elsewhere.exists()
    assert "nothing" in place.specbench("cancel").stdout
