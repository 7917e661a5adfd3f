"""Real clusters on loopback, and executors of every engine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster.ray_nodes import RayNodes
from cluster.ray_nodes import missing as missing_ray
from cluster.slurm import Slurm, missing
from cluster.studies import Place

from specbench.results import Results
from specbench.scheduler.cluster.cluster import Cluster
from specbench.scheduler.devices import Slot
from specbench.scheduler.local import LocalExecutor
from specbench.spec.executor import ExecutorSection

SETTINGS = {
    "local": {},
    "slurm": {"kind": "slurm", "slurm": {"partition": "debug", "warning_seconds": 10}},
    "ray": {"kind": "ray"},
}
QUICK = {"slots": 2, "allocations": 1, "idle_seconds": 30.0, "lost_seconds": 30.0, "ahead": 0}


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """A real Slurm; skips where there can be none."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:  # sockets want short paths
        cluster = Slurm(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture(scope="session")
def ray_nodes() -> Iterator[RayNodes]:
    """A real Ray of two nodes; skips where there can be none."""
    reason = missing_ray()
    if reason:
        pytest.skip(reason)
    cluster = RayNodes()
    try:
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def locally(shared: Callable[..., Path], repository: Path) -> Place:
    """The quickstart study, made small, done on this machine; tests may only read it."""

    def make(folder: Path) -> None:
        place = Place(folder, repository / "specs" / "quickstart.toml")
        place.run("--workers", "2")

    folder = shared("quickstart", make)
    return Place(folder, repository / "specs" / "quickstart.toml")


@pytest.fixture(scope="session")
def engine_of(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Start the engine of a name, once."""
    fixtures = {"slurm": "slurm", "ray": "ray_nodes"}
    return lambda name: request.getfixturevalue(fixtures[name]) if name in fixtures else None


@pytest.fixture(scope="session")
def executor_of(engine_of: Callable[[str], Any]) -> Callable[..., Any]:
    """Make an executor of two slots on an engine."""

    def make(name: str, root: Path, limit: float | None = None, **settings: Any) -> Any:
        nodes = engine_of(name)
        if name == "local":
            return LocalExecutor([Slot("cpu")] * 2, limit)
        told = {**QUICK, **SETTINGS[name], **settings}
        if name == "ray":
            told["ray"] = {"address": nodes.address}
        section = ExecutorSection.model_validate(told)
        executor = Cluster(Results.at(root), section, limit).start(lambda: pytest.fail("here"))
        executor.ask_every = 1.0
        return executor

    return make
