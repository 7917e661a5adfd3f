"""How long a job is expected to take: by its multiply-adds, at the speed its kind has shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from specbench.plan.jobs import Job, Kind
from specbench.scheduler.forecast import USUAL_SPEED, weight


class Sizes:
    """Seconds of one slot for each job, estimated from jobs of the same kind that have ended.

    Of a kind of which none has, at the usual speed of a core.
    """

    def __init__(self, ended: Iterable[tuple[Job, float]] = ()) -> None:
        self._work: dict[Kind, float] = defaultdict(float)
        self._seconds: dict[Kind, float] = defaultdict(float)
        for job, seconds in ended:
            self.ended(job, seconds)

    def ended(self, job: Job, seconds: float) -> None:
        """Take in how long a job has taken."""
        if seconds > 0:
            self._work[job.kind] += weight(job)
            self._seconds[job.kind] += seconds

    def seconds(self, job: Job) -> float:
        """Return how long a job is expected to take."""
        if not self._seconds[job.kind]:
            return weight(job) / USUAL_SPEED
        return weight(job) * self._seconds[job.kind] / self._work[job.kind]
