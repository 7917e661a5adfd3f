"""Progress for a person: one live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from specbench.plan.grid import Plan
from specbench.plan.jobs import Job
from specbench.scheduler.executor import Event
from specbench.scheduler.forecast import Forecast
from specbench.scheduler.state import Standing, State

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_PICTURES = 0.25
_MOST_NAMED = 8
_MOST_ROWS = 24


@dataclass
class _Running:
    job: Job
    started: float
    news: dict[str, Any] = field(default_factory=dict)
    place: dict[str, Any] = field(default_factory=dict)
    """Host and allocation, where it runs elsewhere."""
    queued: bool = False
    """Whether it waits in an engine's queue."""
    images: int = 0


class Display:
    """What a run tells: jobs done, running with epoch and losses, failed, speed, time left."""

    def __init__(self, live: bool | None = None) -> None:
        self._wants_live = sys.stdout.isatty() if live is None else live
        self._live: Live | None = None
        self._plan: Plan | None = None
        self._running: dict[str, _Running] = {}
        self._done = self._failed = self._total = 0
        self._forecast = Forecast()
        self._began = self._last = 0.0
        self._images = 0
        self._deaf = False
        self.where = ""
        """How an engine's allocations stand, in words; '' where jobs run on this machine."""

    def say(self, text: str) -> None:
        """Print one line, above the live table where there is one."""
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False)
        elif not self._deaf:
            try:
                print(text, flush=True)
            except BrokenPipeError:  # nobody reads any more; the run goes on
                self._deaf = True
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def begin(self, plan: Plan, standing: Mapping[str, Standing]) -> None:
        """Start showing a run."""
        self._plan = plan
        todo = [plan.jobs[key] for key, s in standing.items() if s.state is State.WAITING]
        self._total = len(todo)
        self._done = self._failed = 0
        self._forecast = Forecast.of(todo)
        self._began = self._last = time.monotonic()
        finished = sum(s.state is State.DONE for s in standing.values())
        self.say(f"{plan.study.name}: {self._total} jobs to run, {finished} finished before")
        if self._wants_live:
            from rich.live import Live

            self._live = Live(self._table(), refresh_per_second=4, transient=True)
            self._live.start()

    def started(self, job: Job, queued: bool = False) -> None:
        """A job was handed to a worker, or put into a queue."""
        self._running[job.key] = _Running(job, time.monotonic(), queued=queued)

    def released(self, job: Job) -> None:
        """A job that was handed to a worker was not begun."""
        self._running.pop(job.key, None)

    def event(self, event: Event) -> None:
        """A worker said something."""
        running = self._running.get(event.key)
        if running is None:
            return
        if event.word == "started" and running.queued:
            running.queued, running.started = False, time.monotonic()
            running.place = event.details.get("place", {})
        if event.word == "progress":
            if "said" in event.details:
                self.say(f"{running.job.title}: {event.details['said']}")
                return
            running.news = event.details
            images = int(event.details.get("images", 0))
            self._images += max(0, images - running.images)
            running.images = images
        elif event.word in ("done", "failed"):
            del self._running[event.key]
            self._forecast.ended(running.job, time.monotonic() - running.started)
            self._ended(event, running)

    def _ended(self, event: Event, running: _Running) -> None:
        job = running.job
        if event.word == "done":
            self._done += 1
            if self._live is None:
                seconds = event.details.get("seconds", 0.0)
                self.say(f"[{self._count()}] {job.kind.words}: {job.title} ({seconds:.1f} s)")
            return
        self._failed += 1
        self.say(
            f"[{self._count()}] FAILED {job.kind.words}: {job.title}: "
            f"{event.details.get('error', '')} (specbench logs {job.key})"
        )

    def tick(self) -> None:
        """Bring the picture up to date; called often, acts seldom."""
        now = time.monotonic()
        if self._live is not None:
            if now - self._last >= _SECONDS_BETWEEN_PICTURES:
                self._last = now
                self._live.update(self._table())
        elif now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = now
            shown, more = self._shown(_MOST_NAMED)
            names = "; ".join(f"{r.job.title} {_news(r.news)}{_at(r)}" for r in shown)
            where = f" | {self.where}" if self.where else ""
            self.say(f"  … {self._count()} done, {self._rates()}{where} | {names}{more}")

    def end(self) -> None:
        """Stop showing the run."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._running.clear()

    def _count(self) -> str:
        return f"{self._done + self._failed}/{self._total}"

    def _rates(self) -> str:
        elapsed = max(time.monotonic() - self._began, 1e-9)
        speed = f"{self._images / elapsed:.0f} samples/s" if self._images else "no samples yet"
        now = time.monotonic()
        at_work = (r for r in self._running.values() if not r.queued)
        left = self._forecast.left((r.job, now - r.started, r.news) for r in at_work)
        return speed if left is None else f"{speed}, about {_duration(left)} left"

    def _table(self) -> Table:
        from rich.markup import escape
        from rich.table import Table

        failed = f", [red]{self._failed} failed[/red]" if self._failed else ""
        title = f"{self._done} of {self._total} done{failed}, {self._rates()}"
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        table.add_column("running")
        table.add_column("progress")
        shown, more = self._shown(_MOST_ROWS)
        for running in shown:
            what = f"{running.job.kind.words}: {running.job.title}"
            table.add_row(escape(what), escape(_news(running.news) + _at(running)))
        if more or self.where:
            table.add_row(escape(more.strip("; ")), escape(self.where))
        return table

    def _shown(self, most: int) -> tuple[list[_Running], str]:
        """Return up to ``most`` jobs under way, those first that are worked on, and a word of the
        others.
        """
        at_work = sorted(self._running.values(), key=lambda running: running.queued)
        rest = at_work[most:]
        queued = sum(running.queued for running in rest)
        words = f"; and {len(rest)} more, {queued} of them queued" if rest else ""
        return at_work[:most], words


def _at(running: _Running) -> str:
    if running.queued:
        return " queued"
    place = running.place
    return f" on {place['host']}, {place['allocation']}" if place else ""


def _news(news: Mapping[str, Any]) -> str:
    parts = []
    if "epoch" in news:
        parts.append(f"epoch {news['epoch']}/{news.get('epochs', '?')}")
    if isinstance(news.get("loss"), float):
        parts.append(f"loss {news['loss']:.4f}")
    if "done" in news:
        parts.append(f"{news['done']}/{news.get('total', '?')}")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
