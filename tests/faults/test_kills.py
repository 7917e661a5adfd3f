"""Killed at any moment and run again, a study ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from faults.conftest import LONG, RUN

KILLS = 1000 if LONG else 10


def workers(pid: int) -> list[int]:
    """Return the worker processes of a run."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in words]


def kill(pid: int, whom: str, rng: random.Random) -> None:
    """Kill the scheduler, one of its workers, or all of them."""
    if whom == "everything":
        os.killpg(pid, signal.SIGKILL)
    elif whom == "scheduler":
        os.kill(pid, signal.SIGKILL)
    elif whom in ("SIGINT", "SIGTERM"):
        os.killpg(pid, signal.Signals[whom])
    else:
        for worker in rng.sample(workers(pid), min(1, len(workers(pid)))):
            os.kill(worker, signal.SIGKILL)


def test_killed_at_random_moments(undisturbed: Any, place: Any) -> None:
    rng = random.Random(KILLS)
    finished: dict[str, tuple[int, int]] = {}
    expected = len(undisturbed.results.done())
    began = time.monotonic()
    place.start(place.folder, list(RUN), "").join()
    longest = time.monotonic() - began
    codes = {"SIGINT": {130}, "SIGTERM": {130}, "worker": {0, 1}, "everything": {-9},
             "scheduler": {-9}}  # fmt: skip
    for number in range(KILLS):
        if len(place.kept()) == expected:  # all done: lose something, so that there is work
            for key in rng.sample(sorted(place.kept()), 2 * expected // 3):
                shutil.rmtree(place.results.folder(key))
                finished.pop(key, None)
            (place.results.study("tiny") / "journal.jsonl").unlink(missing_ok=True)
        whom = ("worker", "scheduler", "everything", "SIGINT", "SIGTERM")[number % 5]
        process = place.start(place.folder, list(RUN), "")
        time.sleep(rng.uniform(0.05, longest))
        ended = process.exitcode is not None
        if not ended:
            kill(process.pid, whom, rng)
        process.join(60)
        # A signal that comes before the handlers are set, or at the very end, finds no run.
        early = {0, -2, -15, 130}
        assert process.exitcode in codes[whom] | early, (whom, place.output())
        now = place.kept()
        assert {key: now.get(key) for key in finished} == finished, "a finished job is kept"
        finished = now
    place.finish()
    assert {key: place.kept()[key] for key in finished} == finished
    assert place.started_after_the_end() == []
    assert place.content() == undisturbed.content()
    assert not list(place.results.root.glob(".making/*"))
    assert not list(place.results.root.glob(".work/*"))
    assert place.run("store", "check") == 0, place.output()


def test_a_clock_that_jumps_changes_nothing(undisturbed: Any, place: Any) -> None:
    process = place.start(place.folder, list(RUN), "clock")
    time.sleep(0.7)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.join(60)
    before = place.kept()
    assert place.run(*RUN, fault="clock") == 0
    assert {key: place.kept()[key] for key in before} == before
    assert place.content() == undisturbed.content()
    assert place.started_after_the_end() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_running(place: Any, number: int) -> None:
    (place.folder / "faults.json").write_text('{"hang": "rooms"}')
    process = place.start(place.folder, list(RUN), "")
    while not (found := workers(process.pid)) or not list(place.results.root.glob("logs/*.log")):
        time.sleep(0.02)
    os.kill(process.pid, number)
    process.join(60)
    assert process.exitcode == 130
    assert "Traceback" not in place.output()
    assert not [pid for pid in found if Path(f"/proc/{pid}/cmdline").exists()]
    (place.folder / "faults.json").unlink()
    place.finish()
