"""A study whose jobs take milliseconds, processes that run it, and what must hold afterwards."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from faults.child import command
from told import told

from specbench.results import Results

LONG = bool(os.environ.get("SPECBENCH_LONG_TESTS"))
STUDY = """\
[study]
seeds = [0, 1]
[data]
kind = "rooms"
image_size = 16
pixels = 64
train_images = 4
val_images = 2
test_images = 2
[tasks.depth_zbuffer]
[tasks.normal]
[networks]
width = 4
features = 8
decoder.width = 4
[training]
epochs = 3
batch_size = 2
[scores.td]
[scores.ias]
"""
# What may differ between two ways to the same results.
FREE = {"created", "seconds", "host", "device", "attempts", "images_per_second", "error"}
Kept = dict[str, tuple[int, int]]


@dataclass
class Place:
    """A folder with the study and its results."""

    folder: Path
    start: Callable[..., ForkServerProcess]

    @property
    def results(self) -> Results:
        return Results.at(self.folder / "results")

    def run(self, *words: str, fault: str = "") -> int:
        """Run a command to its end; return its exit code."""
        return self.end(self.start(self.folder, list(words), fault))

    def end(self, process: ForkServerProcess) -> int:
        """Wait for the end of a command; return its exit code."""
        process.join(180)
        if process.exitcode is None and process.pid:
            os.kill(process.pid, signal.SIGUSR1)
            time.sleep(1)
            pytest.fail(f"it hangs: {self.output()}")
        assert process.exitcode is not None
        return process.exitcode

    def finish(self, *words: str) -> None:
        """Run the study as a user would after something went wrong."""
        assert self.run(*RUN, *words) == 0, self.output()

    def output(self) -> str:
        """Return what was printed since the last look."""
        path = self.folder / "output"
        text = path.read_text() if path.exists() else ""
        path.unlink(missing_ok=True)
        assert "Traceback" not in text, text
        return text

    def kept(self) -> Kept:
        """Return inode and time of change of every finished job's result."""
        results = self.results
        stats = {key: (results.folder(key) / "result.json").stat() for key in results.done()}
        return {key: (stat.st_ino, stat.st_mtime_ns) for key, stat in stats.items()}

    def started_after_the_end(self) -> list[str]:
        """Return keys that the journal started again after it had seen them done."""
        done, again = set(), []
        journal = self.results.study("tiny") / "journal.jsonl"
        for line in journal.read_text().splitlines():
            event = json.loads(line)
            if event["event"] == "done":
                done.add(event["key"])
            elif event["event"] == "started" and event["key"] in done:
                again.append(event["key"])
        return again

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all views, without what may differ."""
        return told(self.results.store, FREE)


RUN = ("run", "tiny.toml", "--device", "cpu", "--workers", "2", "--retry-failed")


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., ForkServerProcess]]:
    """Start a command in a folder; whatever still runs at the end is killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["faults.child", "specbench.cli", "specbench.cli.run", "specbench.scheduler.run", "numpy",
         "specbench.scheduler.local", "specbench.spec.load", "scipy.stats", "specbench.plan.grid"]
    )  # fmt: skip
    started: list[ForkServerProcess] = []

    def start(folder: Path, words: list[str], fault: str = "") -> ForkServerProcess:
        process = context.Process(target=command, args=(str(folder), words, fault))
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        if process.is_alive() and process.pid:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def place(start: Any, tmp_path: Path) -> Place:
    """A folder with the study, nothing of it done."""
    (tmp_path / "tiny.toml").write_text(STUDY)
    return Place(tmp_path, start)


@pytest.fixture(scope="session")
def undisturbed(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with the study done at one go; tests may only read it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "tiny.toml").write_text(STUDY)
    place = Place(folder, start)
    place.finish()
    return place


@pytest.fixture
def done(undisturbed: Place, tmp_path: Path) -> Place:
    """A copy of the finished study."""
    shutil.copytree(undisturbed.folder, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path, undisturbed.start)
