"""verify runs jobs again and says what differs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specbench.errors import ResultError
from specbench.plan.grid import expand
from specbench.results import Results
from specbench.upkeep.compare import differences
from specbench.upkeep.verify import sample, verify


def kinds(study: Any, results: Results) -> list[Any]:
    """Return one finished job of each kind."""
    return list({job.kind: job for job in expand(study, results).jobs.values()}.values())


def test_every_kind_of_job_comes_out_as_it_is_stored(
    trained: Any, inline: Any, tmp_path: Path
) -> None:
    study, results = trained
    jobs = kinds(study, results)
    before = {path: path.stat().st_mtime_ns for path in results.root.rglob("*")}
    verdicts = list(verify(jobs, results, tmp_path, inline))
    assert [verdict.differences for verdict in verdicts] == [[]] * len(jobs)
    assert {path: path.stat().st_mtime_ns for path in results.root.rglob("*")} == before


def test_a_stored_result_that_is_other_is_told_apart(
    trained: Any, inline: Any, tmp_path: Path
) -> None:
    study, results = trained
    job = next(job for job in kinds(study, results) if job.kind == "network")
    copy = Results.at(tmp_path / "copy")
    for key in (job.key, *job.needs):
        shutil.copytree(results.folder(key), copy.folder(key))
    weights = torch.load(copy.folder(job.key) / "weights.pt", weights_only=True)
    name = next(iter(weights))
    weights[name] = weights[name] + 1e-6
    torch.save(weights, copy.folder(job.key) / "weights.pt")
    (verdict,) = verify([job], copy, tmp_path / "scratch", inline)
    assert [line.split(":")[0] for line in verdict.differences] == ["weights.pt"]
    assert "of the largest value apart" in verdict.differences[0]
    (verdict,) = verify([job], copy, tmp_path / "again", inline, tolerance=1e-3)
    assert verdict.differences == []


def test_a_job_that_cannot_be_run_again_says_why(trained: Any, inline: Any, tmp_path: Path) -> None:
    study, results = trained
    job = kinds(study, results)[-1]
    failing = inline(fails=lambda ticket: True)
    (verdict,) = verify([job], results, tmp_path, lambda: failing)
    assert verdict.differences == ["could not be run again: as the test wants it"]
    assert failing.closed


def test_the_sample_is_of_finished_jobs_and_drawn_by_its_seed(trained: Any, tmp_path: Path) -> None:
    study, results = trained
    done = expand(study, results).jobs
    assert len(sample(study, results, 10_000)) == len(done)
    one, two = ([job.key for job in sample(study, results, 5, seed)] for seed in (0, 1))
    assert len(one) == len(set(one)) == 5
    assert one == [job.key for job in sample(study, results, 5, 0)] != two
    with pytest.raises(ResultError, match="no finished job of 'tiny'; run it first"):
        sample(study, Results.at(tmp_path), 1)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal result folders."""
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        result = {"result": {"loss": 0.5, "seconds": 1}, "run": {"host": name}}
        (folder / "result.json").write_text(json.dumps(result))
        np.save(folder / "a.npy", np.array([1.0, 4.0]))
        (folder / "picture.png").write_bytes(b"png")
    return tmp_path / "one", tmp_path / "two"


def test_equal_folders_are_equal_but_for_times_and_places(pair: Any) -> None:
    assert differences(*pair) == []


def test_each_difference_is_named_and_measured(pair: Any) -> None:
    one, two = pair
    (two / "result.json").write_text('{"result": {"loss": 0.505, "more": 1}}')
    np.save(two / "a.npy", np.array([1.0, 4.04]))
    (two / "picture.png").write_bytes(b"gnp")
    (two / "new.bin").touch()
    assert differences(one, two) == [
        "a.npy: 1.0e-02 of the largest value apart",
        "new.bin: only in the new result",
        "picture.png: other bytes",
        "result.json: result.loss: 0.5 was stored, now 0.505",
        "result.json: result.more: None was stored, now 1",
    ]
    assert differences(one, two, 0.02) == [
        "new.bin: only in the new result",
        "result.json: result.more: None was stored, now 1",
    ]
    np.save(two / "a.npy", np.array([1.0, np.nan]))
    assert "a.npy: inf of the largest value apart" in differences(one, two, 0.02)
    np.save(two / "a.npy", np.array([1.0]))
    assert "a.npy: inf of the largest value apart" in differences(one, two, 0.02)


def test_the_command_prints_a_line_a_job(trained: Any, specbench: Any) -> None:
    study, results = trained
    words = ("verify", str(study.path), "--results", str(results.root), "--device", "cpu")
    done = specbench(*words, "--sample", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "2 of 2 jobs came out as they are stored"
