"""The quickstart study, made small, run as a user runs it and disturbed in the midst."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from told import told

from specbench.results import Results

SMALL = (
    "data.image_size=16", "data.pixels=64", "data.train_images=24", "data.val_images=4",
    "data.test_images=4", "training.batch_size=4", "networks.width=4", "networks.features=8",
    "networks.decoder.width=4", "networks.decoder.blocks=1", "training.epochs=8",
    "executor.slots=2", "executor.allocations=1",
    "executor.lost_seconds=5.0", "executor.idle_seconds=20.0",
)  # fmt: skip
_FREE = {"created", "seconds", "host", "device", "attempts", "images_per_second", "spec_passed"}
"""What may differ between two ways to the same results."""


@dataclass
class Place:
    """A folder for the results of the quickstart study."""

    folder: Path
    spec: Path
    words: Sequence[str] = ()

    @property
    def results(self) -> Results:
        return Results.at(self.folder / "results")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a run; what it prints goes to a file."""
        small = [word for one in SMALL for word in ("--set", one)]
        command = ["run", str(self.spec), *small, *self.words, *words]
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "specbench", *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def end(self, process: subprocess.Popen[bytes], code: int = 0) -> None:
        """Wait for the end of a run."""
        assert process.wait(120) == code, self.output()

    def run(self, *words: str, code: int = 0) -> str:
        """Run the study to its end; return what was printed."""
        self.end(self.start(*words), code)
        return self.output()

    def specbench(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call another command."""
        command = [sys.executable, "-m", "specbench", *words]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60
        )

    def output(self) -> str:
        """Return all that runs have printed."""
        return (self.folder / "output").read_text()

    def take_data(self, other: Place) -> None:
        """Take over what another place has prepared of the data, to be sooner at the trainings."""
        for key in other.results.done():
            if other.results.read(key)["kind"] in ("rooms", "pack", "select", "constant"):
                shutil.copytree(other.results.folder(key), self.results.folder(key))

    def wait_for_training(self) -> None:
        """Wait until a network is being trained and has a checkpoint."""
        until = time.monotonic() + 90
        while not list(self.results.root.glob(".work/*/checkpoint.pt")):
            assert time.monotonic() < until, self.output()
            time.sleep(0.02)

    def finished(self) -> dict[str, int]:
        """Return the inode of every finished job's result."""
        done = self.results.done()
        return {key: (self.results.folder(key) / "result.json").stat().st_ino for key in done}

    def attempts(self) -> dict[str, int]:
        """Return how often the journal says that each job was started."""
        lines = (self.results.study("quickstart") / "journal.jsonl").read_text().splitlines()
        events = map(json.loads, lines)
        return dict(Counter(event["key"] for event in events if event["event"] == "started"))

    def squeue(self) -> list[str]:
        """Return the allocations that Slurm knows of this folder."""
        from specbench.scheduler.cluster.slurm import job_name

        command = ["squeue", "-h", "-n", job_name(self.results), "-t", "PD,R", "-o", "%i"]
        until = time.monotonic() + 10
        while True:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            if not done.stdout or time.monotonic() > until - 7:
                return done.stdout.split()
            time.sleep(0.2)

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all views of the store, without what may differ."""
        return told(self.results.store, _FREE)


os.environ.setdefault("OMP_NUM_THREADS", "1")
