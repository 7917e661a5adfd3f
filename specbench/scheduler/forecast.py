"""How long a run will still take: each kind of job at the speed it has shown so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from specbench.plan.jobs import Job, Kind

USUAL_SPEED = 2e10
"""Multiply-adds a second of a kind that has not run yet: two CPU cores were slower and faster."""
_START = 4e9
"""What starting and storing a job is worth, in multiply-adds."""

Sums = defaultdict[Kind, float]


@dataclass
class Forecast:
    """Work and seconds by kind, of what was planned, has ended and is running."""

    planned: Sums = field(default_factory=lambda: defaultdict(float))
    done: Sums = field(default_factory=lambda: defaultdict(float))
    seconds: Sums = field(default_factory=lambda: defaultdict(float))
    most_running: int = 1

    @classmethod
    def of(cls, jobs: Iterable[Job]) -> Forecast:
        """Return the forecast of a run that has not begun."""
        forecast = cls()
        for job in jobs:
            forecast.planned[job.kind] += weight(job)
        return forecast

    def ended(self, job: Job, seconds: float) -> None:
        """Take in a job that has ended, well or not."""
        self.done[job.kind] += weight(job)
        self.seconds[job.kind] += seconds

    def left(self, running: Iterable[tuple[Job, float, Mapping[str, Any]]]) -> float | None:
        """Return the seconds left, None before anything can be told.

        ``running`` are the jobs under way, the seconds each has run, and its last news.
        """
        done = defaultdict(float, self.done)
        seconds = defaultdict(float, self.seconds)
        under_way = list(running)
        # A trace is taken by the process that trains its network; scores may share one too.
        alone = sum(job.kind not in (Kind.TRACE, Kind.SCORE) for job, _, _ in under_way)
        self.most_running = max(self.most_running, alone)
        for job, since, news in under_way:
            part = fraction(news)
            done[job.kind] += part * weight(job)
            seconds[job.kind] += since if part else 0.0
        if not any(done.values()):
            return None
        total = 0.0
        for kind, planned in self.planned.items():
            speed = done[kind] / seconds[kind] if seconds[kind] and done[kind] else USUAL_SPEED
            total += max(0.0, planned - done[kind]) / speed
        return total / self.most_running


def weight(job: Job) -> float:
    """Return a job's share of the time of its kind, in multiply-adds."""
    return job.work + _START


def fraction(news: Mapping[str, Any]) -> float:
    """Return how far a job says it is, from 0 to 1."""
    for part, whole in (("epoch", "epochs"), ("done", "total")):
        if news.get(whole):
            return min(1.0, float(news.get(part, 0)) / float(news[whole]))
    return 0.0
