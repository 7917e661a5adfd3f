"""Whole studies on a real Slurm, and what is killed meanwhile."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cluster.studies import Place

from specbench.results import Results
from specbench.scheduler.cluster.slurm import SlurmEngine
from specbench.spec.executor import ExecutorSection

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


def test_several_allocations_are_one_array(slurm: Any, tmp_path: Path) -> None:
    asked = {"partition": "debug", "array": 2, "extra": {"begin": "now+1hour"}}
    told = {"kind": "slurm", "slots": 2, "cpus": 1, "memory_gb": 0.1, "slurm": asked}
    engine = SlurmEngine(Results.at(tmp_path), ExecutorSection.model_validate(told))
    engine.start(3)
    found = engine.allocations()
    assert found is not None
    assert {each.state for each in found.values()} == {"queued"}
    assert {each.queue for each in found.values()} == {"debug"}
    assert {each.reason for each in found.values()} <= {"BeginTime", ""}
    alone, *array = sorted(found, key=lambda name: "_" in name)
    assert [name.partition("_")[2] for name in sorted(array)] == ["0", "1"]
    script = tmp_path / ".slurm" / f"{alone}_submission.sh"
    text = script.read_text()
    for line in ("--cpus-per-task=2", "--mem=205MB", "--time=60", "--requeue", "--signal=USR2@60"):
        assert f"#SBATCH {line}\n" in text
    engine.end(alone)
    assert set(engine.allocations() or {}) == set(array)
    engine.cancel()
    assert engine.allocations() == {}


def test_a_partition_that_there_is_not_is_refused_in_words(place: Place, locally: Any) -> None:
    place.take_data(locally)
    said = place.run("--set", "executor.slurm.partition=nowhere", code=1)
    assert "Slurm refused an allocation" in said
    assert "invalid partition" in said
    assert place.specbench("cancel").returncode == 0


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
