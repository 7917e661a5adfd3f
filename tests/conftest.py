"""Small studies, a folder of arrays to run them on, and executors that need no processes."""
# ruff: noqa: E402 (threads are limited before numpy is loaded)

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

# One thread a process, as in a run; set before torch or OpenBLAS start theirs.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
import pytest
from hypothesis import settings
from made_up import make_up

from specbench.errors import SpecbenchError
from specbench.jobs.ticket import Ticket
from specbench.plan.grid import Plan, expand
from specbench.results import Results
from specbench.scheduler.board import Outcome
from specbench.scheduler.display import Display
from specbench.scheduler.executor import Event
from specbench.scheduler.run import run_study
from specbench.spec.load import load
from specbench.spec.study import Study

# No deadline: how long one example takes says nothing on a busy machine.
settings.register_profile("specbench", deadline=None)
settings.load_profile("specbench")

ROOMS = """\
[study]
seeds = [0, 1]

[data]
kind = "rooms"
image_size = 16
pixels = 64
train_images = 4
val_images = 4
test_images = 4
views_per_building = 4

[tasks.depth_zbuffer]
[tasks.edge_texture]
[tasks.normal]

[networks]
encoder = "conv"
width = 4
features = 8
decoder.width = 4

[training]
epochs = 2
batch_size = 2

[scores.td]
[scores.ias]
[scores.rsa]
"""

ARRAYS = ROOMS.replace(
    """kind = "rooms"
image_size = 16
pixels = 64
train_images = 4
val_images = 4
test_images = 4
views_per_building = 4
""",
    """kind = "arrays"
root = "arrays"
image_size = 16
""",
)

_MANIFEST = """
[domains.rgb]
form = "image"
[domains.depth_zbuffer]
form = "continuous"
[domains.edge_texture]
form = "continuous"
[domains.normal]
form = "normal"
[domains.segment_semantic]
form = "classes"
classes = 17
[domains.mask_valid]
form = "mask"
"""


@pytest.fixture
def rooms_text() -> str:
    """A small study of rooms."""
    return ROOMS


@pytest.fixture(scope="session")
def arrays_text() -> str:
    """The same study on arrays in a folder `arrays` beside it, which need no rendering."""
    return ARRAYS


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a spec into the temporary folder."""

    def write(text: str = ROOMS, name: str = "tiny.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def study(write: Callable[..., Path]) -> Callable[..., Study]:
    """Load a study from its text and `--set` texts."""

    def make(text: str = ROOMS, *overrides: str, name: str = "tiny.toml") -> Study:
        return load(write(text, name), overrides)

    return make


@pytest.fixture
def plan_of(study: Callable[..., Study], tmp_path: Path) -> Callable[..., Plan]:
    """Expand a study, given as for `study`, against the folder `results`."""

    def make(text: str = ROOMS, *overrides: str, name: str = "tiny.toml") -> Plan:
        return expand(study(text, *overrides, name=name), Results.at(tmp_path / "results"))

    return make


def write_arrays(folder: Path, seed: int = 0) -> Path:
    """Write six training, four validation and four test images of 16 pixels."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    (folder / "manifest.toml").write_text(_MANIFEST)
    for split, count in {"train": 6, "val": 4, "test": 4}.items():
        (folder / split).mkdir()
        square = (count, 16, 16)
        domains = {
            "rgb": rng.integers(0, 256, (count, 3, 16, 16)).astype(np.uint8),
            "depth_zbuffer": rng.uniform(1, 6, square).astype(np.float32),
            "edge_texture": rng.uniform(0, 0.05, square).astype(np.float32),
            "normal": rng.normal(size=(count, 3, 16, 16)).astype(np.float32),
            "segment_semantic": rng.integers(0, 17, square).astype(np.uint8),
            "mask_valid": rng.random(square) < 0.9,
        }
        for name, values in domains.items():
            np.save(folder / split / f"{name}.npy", values)
    return folder


@pytest.fixture(scope="session")
def make_arrays() -> Callable[[Path], Path]:
    """Write such a folder anywhere."""
    return write_arrays


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    """The folder `arrays` that studies on arrays read."""
    return write_arrays(tmp_path / "arrays")


class Fake:
    """An executor of ``slots`` imaginary slots that writes made-up results at once.

    ``fails`` tells which tickets fail. ``log`` holds the tickets in the order in which they
    started; those beside others are in the ticket of the first.
    """

    def __init__(
        self,
        slots: int = 2,
        fails: Callable[[Ticket], bool] | None = None,
        side_by_side: int = 1,
    ) -> None:
        self.slots, self.fails = slots, fails or (lambda ticket: False)
        self.side_by_side = side_by_side
        self.queues = False
        self.log: list[Ticket] = []
        self.closed = False
        self._events: deque[Event] = deque()
        self._running: deque[Ticket] = deque()

    def free(self, on_device: bool) -> bool:
        return len(self._running) < self.slots

    def submit(self, ticket: Ticket, on_device: bool) -> None:
        assert self.free(on_device)
        self.log.append(ticket)
        self._running.append(ticket)

    def next(self, timeout: float) -> Event | None:
        if not self._events and self._running:
            for head in self._running.popleft().heads:
                self._events.append(self.do(head))
                if self._events[-1].word == "done":
                    self._events += [self.do(other) for other in head.also]
        return self._events.popleft() if self._events else None

    def do(self, ticket: Ticket) -> Event:
        if self.fails(ticket):
            return Event(ticket.key, "failed", {"error": "as the test wants it"})
        make_up(ticket)
        return Event(ticket.key, "done", {"seconds": 0.0})

    def close(self) -> None:
        self.closed = True

    def leave(self) -> None:
        self.left = True

    def adopt(self, keys: Any) -> list[Ticket]:
        return []

    def expect(self, seconds: float) -> None:
        self.expected = seconds

    def describe(self) -> str:
        return ""

    @property
    def kinds(self) -> list[str]:
        return [ticket.kind for ticket in self.log]


class Inline(Fake):
    """An executor that does the jobs themselves, in this process."""

    def do(self, ticket: Ticket) -> Event:
        from specbench.jobs.worker import run

        try:
            if self.fails(ticket):
                raise SpecbenchError("as the test wants it")
            seconds = run(ticket, Results.at(ticket.results), "cpu", lambda news: None)
        except SpecbenchError as error:
            return Event(ticket.key, "failed", {"error": str(error)})
        return Event(ticket.key, "done", {"seconds": seconds})


class Quiet(Display):
    """A display that keeps what it says."""

    def __init__(self) -> None:
        super().__init__(live=False)
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


class Runner:
    """Runs studies in one results folder and remembers the executors it used."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.executors: list[Fake] = []
        self.display = Quiet()

    def __call__(self, study: Study, executor: Fake | None = None, **options: Any) -> Outcome:
        def start() -> Fake:
            self.executors.append(executor or Fake())
            return self.executors[-1]

        self.executors.clear()
        self.display.said.clear()
        return run_study(study, self.results, start, self.display, **options)

    @property
    def started(self) -> list[Ticket]:
        """Tickets of the last run in the order in which they started."""
        return [ticket for executor in self.executors for ticket in executor.log]


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run studies with made-up results, which nobody waits for the disk to hold."""
    monkeypatch.setattr("specbench.results.flush", lambda path: None)
    monkeypatch.setattr("specbench.store.database.flush", lambda path: None)
    return Runner(Results.at(tmp_path / "results"))


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Results]:
    """Run studies (texts by file name) with made-up results, once; tests may only read them."""
    found: dict[tuple[tuple[str, str], ...], Results] = {}

    def run(**texts: str) -> Results:
        named = tuple(texts.items())
        if named not in found:
            folder = tmp_path_factory.mktemp("made_up")
            runner = Runner(Results.at(folder / "results"))
            for name, text in named:
                (folder / f"{name}.toml").write_text(text)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr("specbench.results.flush", lambda path: None)
                    assert runner(load(folder / f"{name}.toml")).ok
            found[named] = runner.results
        return found[named]

    return run


@pytest.fixture
def fake() -> type[Fake]:
    """The class of executors that make results up."""
    return Fake


@pytest.fixture(scope="session")
def inline() -> type[Inline]:
    """The class of executors that do the jobs in this process."""
    return Inline


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a folder once, whatever the number of processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def shared(name: str, make: Callable[[Path], None]) -> Path:
        folder = base / name
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return shared


@pytest.fixture(scope="session")
def really_run() -> Callable[..., tuple[Study, Results]]:
    """Run the study of a text in a folder, its jobs done for real in this process."""

    def run(folder: Path, text: str, name: str = "study") -> tuple[Study, Results]:
        path = folder / f"{name}.toml"
        path.write_text(text)
        study, runner = load(path), Runner(Results.at(folder / "results"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("specbench.results.flush", lambda path: None)
            patch.setattr("specbench.store.database.flush", lambda path: None)
            outcome = runner(study, Inline())
        assert outcome.ok, outcome.failures
        return study, runner.results

    return run


@pytest.fixture(scope="session")
def trained(shared: Callable[..., Path], really_run: Callable[..., Any]) -> tuple[Study, Results]:
    """A study on arrays, done for real: networks, scores and store. Tests may only read it."""

    def make(folder: Path) -> None:
        write_arrays(folder / "arrays")
        really_run(folder, ARRAYS, "tiny")

    folder = shared("trained", make)
    return load(folder / "tiny.toml"), Results.at(folder / "results")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[1]


@pytest.fixture
def specbench(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call the command line in the temporary folder, in a process of its own."""

    def call(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        options = {"cwd": tmp_path, "timeout": 300, **options}
        command = [sys.executable, "-m", "specbench", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)

    return call
