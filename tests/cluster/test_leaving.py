"""Ctrl-C while jobs are queued or running elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specbench.cli.run import _leaves
from specbench.results import Results
from specbench.scheduler import journal
from specbench.scheduler.cluster.cluster import noted, refuse_elsewhere
from specbench.scheduler.executor import Event
from specbench.scheduler.state import State
from specbench.spec.executor import ExecutorSection
from specbench.store.database import open_published


def interrupted(fake: Any) -> Any:
    """An executor that is interrupted at its third word."""

    class Interrupted(fake):
        left = False

        def next(self, timeout: float) -> Event | None:
            if len(self.log) > 2:
                raise KeyboardInterrupt
            return super().next(timeout)

    return Interrupted()


@pytest.mark.parametrize("leaves", [True, False])
def test_what_is_left_stays_running_in_the_store(
    study: Any, runner: Any, fake: Any, leaves: bool
) -> None:
    executor = interrupted(fake)
    with pytest.raises(KeyboardInterrupt):
        runner(study(), executor, leaves=lambda: leaves)
    assert (executor.left, executor.closed) == (leaves, not leaves)
    with open_published(runner.results) as connection:
        states = dict(
            connection.execute("SELECT state, count(*) FROM jobs GROUP BY ALL").fetchall()
        )
    assert states.get("running", 0) == (2 if leaves else 0)


def test_what_was_left_is_taken_over_as_begun(study: Any, runner: Any, fake: Any) -> None:
    first = interrupted(fake)
    with pytest.raises(KeyboardInterrupt):
        runner(study(), first, leaves=lambda: True)
    left = list(first._running)

    class Adopting(fake):
        def adopt(self, keys: Any) -> Any:
            self._running.extend(left)
            return left

    assert runner(study(), Adopting(slots=4)).ok
    started = [ticket.key for ticket in runner.started]
    assert not {ticket.key for ticket in left} & set(started), "only what is missing was handed out"
    records = journal.read(runner.results.study("tiny"))
    assert {record.attempts for record in records.values()} == {1}


def test_a_job_has_the_host_where_it_was_placed(study: Any, runner: Any, fake: Any) -> None:
    class Placing(fake):
        def submit(self, ticket: Any, on_device: bool) -> None:
            super().submit(ticket, on_device)
            place = {"host": "node7", "allocation": "12_3"}
            self._events.append(Event(ticket.key, "started", {"place": place}))

    class Stopping(Placing):
        def next(self, timeout: float) -> Event | None:
            if not self._events:
                raise KeyboardInterrupt
            return super().next(timeout)

    with pytest.raises(KeyboardInterrupt):
        runner(study(), Stopping(), leaves=lambda: True)
    with open_published(runner.results) as connection:
        query = "SELECT DISTINCT host FROM jobs WHERE state = 'running'"
        assert connection.execute(query).fetchall() == [("node7",)]
    lines = (runner.results.study("tiny") / "journal.jsonl").read_text().splitlines()
    placed = [event for event in map(json.loads, lines) if event["event"] == "placed"]
    assert {(event["host"], event["allocation"]) for event in placed} == {("node7", "12_3")}
    assert State.RUNNING == "running"


@pytest.mark.parametrize(
    ("answer", "terminal", "expected"),
    [("l", True, True), ("c", True, False), ("", True, True), (None, True, True),
     ("c", False, True)],
)  # fmt: skip
def test_a_person_is_asked_and_nobody_else(
    monkeypatch: Any, answer: str | None, terminal: bool, expected: bool
) -> None:
    def prompt(text: str, **options: Any) -> str:
        assert "[l]eave" in text
        if answer is None:
            raise KeyboardInterrupt  # a second Ctrl-C
        return answer or str(options["default"])

    monkeypatch.setattr("click.prompt", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal, raising=False)
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert _leaves() is expected


def test_a_folder_with_jobs_elsewhere_is_refused_to_others(tmp_path: Any) -> None:
    results = Results.at(tmp_path)
    refuse_elsewhere(results)
    results.elsewhere.parent.mkdir()
    settings = ExecutorSection(kind="slurm", slots=3)
    results.elsewhere.write_text(json.dumps({"executor": settings.model_dump(mode="json")}))
    assert noted(results) == settings
    with pytest.raises(Exception, match="take them over by --executor slurm, or end them by"):
        refuse_elsewhere(results)
    (tmp_path / ".making" / "being-written").mkdir(parents=True)
    results.tidy()
    assert (tmp_path / ".making" / "being-written").exists(), "somebody may be writing it"
    results.elsewhere.unlink()
    results.tidy()
    assert not (tmp_path / ".making").exists()
