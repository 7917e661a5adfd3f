"""The laws of executors, the same for this machine, Slurm and Ray."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster.conftest import SETTINGS
from cluster.slurm import working_on

from specbench.jobs.ticket import Ticket
from specbench.results import Results
from specbench.scheduler.executor import Event

QUICK = {"seed": 0, "building": "train_0000", "views": 1, "pixels": 16}
SLOW = {**QUICK, "views": 500, "pixels": 64}


@pytest.fixture(scope="module", params=SETTINGS)
def engine(request: Any) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(engine: str, executor_of: Any, tmp_path_factory: Any) -> Iterator[tuple[Any, Results]]:
    """An executor of two slots for all laws that leave it as it was, and its results."""
    root = tmp_path_factory.mktemp("results")
    executor = executor_of(engine, root)
    yield executor, Results.at(root)
    executor.submit(ticket(Results.at(root), **SLOW), False)
    executor.close()


def ticket(results: Results, also: tuple[Ticket, ...] = (), **content: Any) -> Ticket:
    key = os.urandom(10).hex()
    return Ticket(key, "rooms", {"kind": "rooms", **content}, {}, str(results.root), also)


def heard(executor: Any, keys: set[str], seconds: float = 120) -> list[Event]:
    """Return all events until jobs have ended."""
    found: list[Event] = []
    until = time.monotonic() + seconds
    while keys - {event.key for event in found if event.word in ("done", "failed")}:
        event = executor.next(0.2)
        found += [event] if event is not None else []
        assert time.monotonic() < until, found
    return found


def began(executor: Any, results: Results, key: str) -> None:
    """Wait until a process works on a job."""
    until = time.monotonic() + 60
    while not working_on(results.log(key)):
        executor.next(0.1)
        assert time.monotonic() < until


def words(events: list[Event], key: str) -> list[str]:
    return [e.word for e in events if e.key == key and e.word != "progress"]


def test_a_job_is_started_and_done_and_leaves_its_result(made: Any) -> None:
    executor, results = made
    one = ticket(results, **QUICK)
    assert executor.free(False)
    executor.submit(one, False)
    events = heard(executor, {one.key})
    assert words(events, one.key) == ["started", "done"]
    assert results.read(one.key)["result"] == {"views": 1}
    assert events[-1].details["seconds"] > 0


def test_a_job_that_raises_fails_in_words_and_others_go_on(made: Any) -> None:
    executor, results = made
    wrong, right = ticket(results), ticket(results, **QUICK)
    for one in (wrong, right):
        executor.submit(one, False)
    events = heard(executor, {wrong.key, right.key})
    assert words(events, right.key) == ["started", "done"]
    assert words(events, wrong.key) == ["started", "failed"]
    error = next(e for e in events if e.key == wrong.key and e.word == "failed")
    assert error.details["error"] == "KeyError: 'seed'"
    assert "Traceback" in results.log(wrong.key).read_text()


def test_jobs_of_one_ticket_end_one_by_one(made: Any) -> None:
    executor, results = made
    riders = (ticket(results, **QUICK), ticket(results))
    head = ticket(results, riders, **QUICK)
    executor.submit(head, False)
    events = heard(executor, set(head.keys))
    ends = [(e.key, e.word) for e in events if e.word in ("done", "failed")]
    assert ends == [(head.key, "done"), (riders[0].key, "done"), (riders[1].key, "failed")]


def test_where_the_first_job_of_a_ticket_fails_no_word_comes_of_the_others(made: Any) -> None:
    executor, results = made
    head = ticket(results, (ticket(results, **QUICK),))
    executor.submit(head, False)
    heard(executor, {head.key})
    after = ticket(results, **QUICK)
    executor.submit(after, False)
    assert {event.key for event in heard(executor, {after.key})} == {after.key}
    assert executor.free(False), "the slot is free again"


def test_a_process_that_dies_fails_its_job_alone(made: Any) -> None:
    executor, results = made
    victim, other = ticket(results, **SLOW), ticket(results, **{**QUICK, "views": 4})
    executor.submit(victim, False)
    began(executor, results, victim.key)
    executor.submit(other, False)
    assert not executor.free(False), "both slots are taken"
    os.kill(working_on(results.log(victim.key))[0], signal.SIGKILL)
    events = heard(executor, {victim.key, other.key})
    assert words(events, other.key) == ["started", "done"]
    error = events[[e.word for e in events].index("failed")]
    assert "killed by signal 9 (SIGKILL)" in error.details["error"]
    assert executor.free(False)
    assert not results.is_done(victim.key)


def test_a_job_that_is_done_already_is_not_done_again(made: Any) -> None:
    executor, results = made
    one = ticket(results, **QUICK)
    with results.making(one.key) as folder:
        (folder / "result.json").write_text("{}")
    executor.submit(one, False)
    heard(executor, {one.key})
    assert (results.folder(one.key) / "result.json").read_text() == "{}"


def test_close_ends_everything(engine: str, executor_of: Any, tmp_path: Path) -> None:
    executor, results = executor_of(engine, tmp_path), Results.at(tmp_path)
    one = ticket(results, **SLOW)
    executor.submit(one, False)
    began(executor, results, one.key)
    executor.close()
    until = time.monotonic() + 20
    while working_on(results.log(one.key)):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert executor.next(0.5) is None, "what was cut off is no failure"


def test_a_job_over_the_limit_is_killed_and_says_so(
    engine: str, executor_of: Any, tmp_path: Path
) -> None:
    executor, results = executor_of(engine, tmp_path, 1.0), Results.at(tmp_path)
    one = ticket(results, **SLOW)
    executor.submit(one, False)
    (*_, failed) = heard(executor, {one.key})
    assert "it took longer than 1 s and was killed" in failed.details["error"]
    executor.submit(ticket(results, **SLOW), False)
    executor.close()


def test_what_is_left_is_adopted_where_an_engine_keeps_it(
    engine: str, executor_of: Any, tmp_path: Path
) -> None:
    results = Results.at(tmp_path)
    first, one = executor_of(engine, tmp_path), ticket(results, **{**QUICK, "views": 40})
    first.submit(one, False)
    began(first, results, one.key)
    (worker,) = working_on(results.log(one.key))
    first.leave()
    second = executor_of(engine, tmp_path)
    adopted = second.adopt({one.key})
    if engine == "local":
        assert adopted == []
        assert not working_on(results.log(one.key)), "it ended with its scheduler"
        return
    assert adopted == [one]
    assert working_on(results.log(one.key)) in ([worker], []), "the same process, or done"
    events = heard(second, {one.key})
    assert events[-1].word == "done"
    second.submit(ticket(results, **SLOW), False)
    second.close()
