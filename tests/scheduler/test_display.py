"""What a person sees of many jobs, and of jobs that run elsewhere."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from specbench.plan.grid import Plan
from specbench.plan.jobs import Job
from specbench.scheduler.display import Display
from specbench.scheduler.executor import Event
from specbench.scheduler.state import Standing, State, Why


class Said(Display):
    def __init__(self) -> None:
        super().__init__(live=False)
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def line(self) -> str:
        """Return the line that is told every few seconds."""
        self._last -= 60
        self.tick()
        return self.lines[-1]

    def table(self) -> str:
        """Return the picture as text."""
        console = Console(file=io.StringIO(), width=200)
        console.print(self._table())
        return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.fixture
def begun(plan_of: Any) -> tuple[Said, list[Job]]:
    plan: Plan = plan_of()
    display = Said()
    display.begin(plan, {key: Standing(State.WAITING, Why.NEW) for key in plan.jobs})
    return display, list(plan.jobs.values())


def test_of_many_jobs_a_few_are_named_and_the_others_counted(begun: Any) -> None:
    display, jobs = begun
    for job in jobs[:30]:
        display.started(job, queued=True)
    display.event(Event(jobs[29].key, "started", {"place": {"host": "n7", "allocation": "12_3"}}))
    line = display.line()
    assert line.endswith("; and 22 more, 22 of them queued")
    assert f"| {jobs[29].title}  on n7, 12_3; " in line, "what is worked on comes first"
    table = display.table()
    assert len(table.splitlines()) < 30
    assert "and 6 more, 6 of them queued" in table


def test_how_the_allocations_stand_is_told(begun: Any) -> None:
    display, jobs = begun
    display.started(jobs[0])
    display.where = "slurm: 1 allocations running on n7, 2 queued (Priority)"
    assert " | slurm: 1 allocations running on n7, 2 queued (Priority) | " in display.line()
    assert "2 queued (Priority)" in display.table()


def test_a_local_run_says_nothing_of_places(begun: Any) -> None:
    display, jobs = begun
    for job in jobs[:2]:
        display.started(job)
        display.event(Event(job.key, "started", {}))
    line = display.line()
    assert "queued" not in line
    assert " on " not in line
