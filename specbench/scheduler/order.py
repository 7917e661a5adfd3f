"""Which job starts next, and which jobs ride along in its process."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from specbench.plan.jobs import Job, Kind

_URGENCY = {kind: float(len(Kind) - place) for place, kind in enumerate(Kind)}


class Ready:
    """Jobs that can start, long ones first."""

    def __init__(self) -> None:
        self._heaps: dict[bool, list[tuple[float, float, str, Job]]] = {True: [], False: []}

    def push(self, job: Job) -> None:
        """Take a job all of whose needs are done."""
        item = (-_URGENCY[job.kind], -job.work, job.key, job)
        heapq.heappush(self._heaps[job.kind.on_device], item)

    def has(self, on_device: bool) -> bool:
        """Tell whether a job of that sort can start."""
        return bool(self._heaps[on_device])

    def pop(self, on_device: bool) -> Job:
        """Return the job of that sort that should start first."""
        return heapq.heappop(self._heaps[on_device])[-1]

    def __bool__(self) -> bool:
        return any(self._heaps.values())


class Riders:
    """Traces of networks that this run trains: taken in the same pass, for they read the same."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._of: dict[str, list[Job]] = {}
        for job in jobs.values():
            if job.kind is Kind.TRACE and job.content["network"] in jobs:
                self._of.setdefault(job.content["network"], []).append(job)

    def of(self, job: Job) -> list[Job]:
        """Return the traces of a network's training."""
        return self._of.get(job.key, [])
