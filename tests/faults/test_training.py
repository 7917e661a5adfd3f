"""A study of real trainings, killed and run again, ends on the bits of an undisturbed one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from faults.conftest import LONG, RUN, STUDY, Place

from specbench.results import RESULT, damaged_files
from specbench.upkeep.compare import differences

KILLS = 200 if LONG else 1
# Not as many as the undisturbed run has: neither their number nor the order of jobs may matter.
THREE = (*RUN, "--workers", "3")


@pytest.fixture(scope="module")
def trained_once(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with the study done at one go, for real."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "tiny.toml").write_text(STUDY.replace("[0, 1]", "[0]"))
    place = Place(folder, start)
    assert place.run(*RUN, fault="real") == 0, place.output()
    return place


@pytest.fixture
def begun(trained_once: Place, tmp_path: Path) -> Place:
    """A folder with the study and its rendered rooms, and nothing else done."""
    shutil.copy(trained_once.folder / "tiny.toml", tmp_path)
    results = trained_once.results
    for key in results.done():
        if results.read(key)["kind"] == "rooms":
            shutil.copytree(results.folder(key), tmp_path / "results" / key)
    return Place(tmp_path, trained_once.start)


def test_killed_trainings_end_on_the_same_bits(trained_once: Place, begun: Place) -> None:
    rng = random.Random(KILLS)
    finished: dict[str, tuple[int, int]] = {}
    for _ in range(KILLS):
        if len(begun.kept()) == len(trained_once.results.done()):
            for key in begun.results.done():
                if begun.results.read(key)["kind"] == "network":
                    shutil.rmtree(begun.results.folder(key))
                    finished.pop(key, None)
            (begun.results.study("tiny") / "journal.jsonl").unlink()
        process = begun.start(begun.folder, list(THREE), "real")
        checkpoints = begun.results.root / ".work"
        until = time.monotonic() + 60
        # The kill is to fall into a training: workers load torch first.
        while process.exitcode is None and not list(checkpoints.glob("*/checkpoint.pt")):
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 1))
        if process.exitcode is None:
            os.killpg(process.pid or 0, signal.SIGKILL)
        begun.end(process)
        for path in checkpoints.glob("*/checkpoint.pt"):
            if rng.random() < 0.3:  # a checkpoint that is broken costs its training, no more
                path.write_bytes(path.read_bytes()[: rng.randrange(1000)])
        now = begun.kept()
        assert {key: now.get(key) for key in finished} == finished, "a finished job is kept"
        finished = now
    assert begun.run(*THREE, fault="real") == 0, begun.output()
    assert {key: begun.kept()[key] for key in finished} == finished
    assert begun.content() == trained_once.content()
    for key in sorted(trained_once.results.done()):
        folder = begun.results.folder(key)
        assert damaged_files(folder) == []
        assert (folder / RESULT).exists()
        assert differences(trained_once.results.folder(key), folder) == []
