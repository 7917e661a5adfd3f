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
    """Jobs that are done in the process of another, for they read the same.

    Traces of networks that this run trains are taken in the same pass. Scores of the same nets'
    features are computed one after another, that of the most work first.
    """

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._of: dict[str, list[Job]] = {}
        self._sharing: dict[str, list[Job]] = {}
        for job in jobs.values():
            if job.kind is Kind.TRACE and job.content["network"] in jobs:
                self._of.setdefault(job.content["network"], []).append(job)
            elif "shares" in job.where:
                self._sharing.setdefault(job.where["shares"], []).append(job)

    def of(self, job: Job) -> list[Job]:
        """Return the traces of a network's training, or the scores that share a score's pass."""
        if "shares" not in job.where:
            return self._of.get(job.key, [])
        others = [other for other in self._sharing[job.where["shares"]] if other is not job]
        return sorted(others, key=lambda other: (-other.work, other.key))
