"""Killed at any moment and run again, a study ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from faults.conftest import LONG, RUN

KILLS = 100 if LONG else 10
CHAINS = range(10 if LONG else 1)


def workers(pid: int) -> list[int]:
    """Return the worker processes of a run."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in words]


def killed(pid: int, whom: str, rng: random.Random) -> bool:
    """Kill the scheduler, one of its workers, or all of them; tell whether there was one."""
    ended = signal.SIGKILL if whom not in signal.Signals.__members__ else signal.Signals[whom]
    try:
        if whom == "worker":
            os.kill(rng.choice(workers(pid)), ended)
        elif whom == "scheduler":
            os.kill(pid, ended)
        else:
            os.killpg(pid, ended)
    except (ProcessLookupError, IndexError):  # not begun, or ended meanwhile
        return False
    return True


def moment(place: Any, process: Any, rng: random.Random, expected: int, longest: float) -> None:
    """Wait for a random moment of a run: any time of it, or just after a random job's end."""
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0.05, longest))
        return
    goal = rng.randint(len(place.results.done()), expected)
    while process.exitcode is None and len(place.results.done()) < goal:
        time.sleep(0.005)
    time.sleep(rng.uniform(0, 0.05))


def lose(place: Any, keys: list[str]) -> None:
    """Remove finished jobs and the study's journal, so that there is work again."""
    for key in keys:
        shutil.rmtree(place.results.folder(key))
    (place.results.study("tiny") / "journal.jsonl").unlink(missing_ok=True)


# Exit codes; a signal that comes before the handlers are set, or at the very end, finds no run.
CODES = {"SIGINT": {130, 0, -2}, "SIGTERM": {130, 0, -15}, "worker": {0, 1},
         "everything": {-9, 0}, "scheduler": {-9, 0}}  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_killed_at_random_moments(undisturbed: Any, place: Any, chain: int) -> None:
    rng = random.Random(chain)
    finished: dict[str, tuple[int, int]] = {}
    expected = len(undisturbed.results.done())
    began = time.monotonic()
    place.start(place.folder, list(RUN), "").join()
    longest = time.monotonic() - began
    landed: Counter[str] = Counter()
    runs = 0
    while sum(landed.values()) < KILLS:
        if len(place.kept()) == expected:
            gone = rng.sample(sorted(place.kept()), 2 * expected // 3)
            lose(place, gone)
            finished = {key: stat for key, stat in finished.items() if key not in gone}
        whom = tuple(CODES)[runs % len(CODES)]
        began = time.monotonic()
        process = place.start(place.folder, list(RUN), "")
        runs += 1
        moment(place, process, rng, expected, longest)
        # A worker is killed up to three times in a run, which goes on with new ones.
        for _ in range(3 if whom == "worker" else 1):
            if process.exitcode is None and killed(process.pid, whom, rng):
                landed[whom] += 1
                time.sleep(rng.uniform(0, 0.3) * (whom == "worker"))
        code = place.end(process)
        if code in (0, 1):  # as long as runs take now, however busy the machine is
            longest = 0.8 * longest + 0.2 * (time.monotonic() - began)
        said = place.output()
        unborn = whom == "SIGINT" and code == 1 and not said  # forked, but not yet the command
        assert code in CODES[whom] or unborn, (whom, said)
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
    print(f"{sum(landed.values())} kills in {runs} runs: {dict(landed)}")


def test_a_clock_that_jumps_changes_nothing(undisturbed: Any, place: Any) -> None:
    words = (*RUN, "--job-timeout", "100")  # by another clock than the one that jumps
    process = place.start(place.folder, list(words), "clock")
    time.sleep(0.7)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)
    place.end(process)
    before = place.kept()
    assert place.run(*words, fault="clock") == 0, place.output()
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
    assert place.end(process) == 130
    assert "Traceback" not in place.output()
    assert not [pid for pid in found if Path(f"/proc/{pid}/cmdline").exists()]
    (place.folder / "faults.json").unlink()
    place.finish()
