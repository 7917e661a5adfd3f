"""Whole studies on a real Ray, and what is killed meanwhile."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from cluster.studies import Place

BOTH = ("executor.slots=1", "executor.allocations=2", "executor.pack_minutes=0")


@pytest.fixture
def place(ray_nodes: Any, tmp_path: Path, repository: Path) -> Place:
    address = f"executor.ray.address={ray_nodes.address}"
    sets = [word for one in (*BOTH, address) for word in ("--set", one)]
    return Place(tmp_path, repository / "specs" / "quickstart.toml", ("--executor", "ray", *sets))


@pytest.mark.parametrize("common", [True, False], ids=["shared folder", "object store"])
def test_the_store_is_that_of_a_local_run(
    place: Place, locally: Any, common: bool, tmp_path: Path
) -> None:
    if not common:
        place.take_data(locally)  # so that needs are sent too
        place.words = (*place.words, *_unshared(tmp_path))
    place.run()
    assert place.content() == locally.content()
    assert not place.results.elsewhere.exists()
    logs = {path.stem for path in place.results.root.glob("logs/*.log")}
    assert logs == set(place.attempts()), "every job that ran has its log here"
    copies = list((tmp_path / "scratch").glob("specbench-*/*/result.json"))
    assert bool(copies) is not common


def test_a_node_that_dies_loses_nothing(place: Place, ray_nodes: Any, locally: Any) -> None:
    place.take_data(locally)
    process = place.start("--set", "executor.ray.resources.second=0.1")  # all of them there
    place.wait_for_training()
    finished = place.finished()
    ray_nodes.kill_second()
    ray_nodes.start_second()
    place.end(process)
    logs = [path.read_text() for path in place.results.root.glob("logs/*.log")]
    assert max(log.count("--- ") for log in logs) > 1, "a job was begun again"
    assert set(place.attempts().values()) == {1}
    assert place.content() == locally.content()
    assert finished.items() <= place.finished().items(), "what was finished was not done again"


def test_a_scheduler_that_was_killed_adopts_what_runs(
    place: Place, locally: Any, tmp_path: Path
) -> None:
    place.take_data(locally)
    place.words = (*place.words, *_unshared(tmp_path))
    first = place.start()
    until = time.monotonic() + 90
    while not list((tmp_path / "scratch").glob("specbench-*/.work/*/checkpoint.pt")):
        assert time.monotonic() < until, place.output()
        time.sleep(0.02)
    first.kill()
    first.wait()
    assert "ray: " in place.specbench("status").stdout
    place.run()
    assert place.content() == locally.content()
    assert set(place.attempts().values()) == {1}, "nothing was started twice"


def _unshared(folder: Path) -> tuple[str, ...]:
    sets = ("executor.ray.shared=false", f"executor.ray.scratch={folder / 'scratch'}")
    return tuple(word for one in sets for word in ("--set", one))
