"""Which job starts next, and which jobs ride along in its process."""

from __future__ import annotations

import heapq
import json
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

    def pop_beside(self, job: Job, most: int) -> list[Job]:
        """Return up to ``most`` further networks that can be trained side by side with ``job``."""
        heap, taken = self._heaps[True], Beside(job)
        found = [item for item in sorted(heap) if len(taken.jobs) < most and taken.add(item[-1])]
        for item in found:
            heap.remove(item)
        heapq.heapify(heap)
        return taken.jobs

    def __bool__(self) -> bool:
        return any(self._heaps.values())


class Beside:
    """Networks that can share one stream of batches with a first.

    They have its seed, images and settings of training, and mean the same by the same task. A
    network that is fed a label beside the image has batches of its own, and stays alone.
    """

    def __init__(self, first: Job) -> None:
        self.jobs: list[Job] = []
        self._stream = _stream(first)
        self._tasks = dict(first.content.get("tasks", {}))

    def add(self, job: Job) -> bool:
        """Take a job if it fits."""
        if self._stream is None or _stream(job) != self._stream:
            return False
        tasks = job.content["tasks"]
        if any(self._tasks.get(name, task) != task for name, task in tasks.items()):
            return False
        self._tasks |= tasks
        self.jobs.append(job)
        return True


def _stream(job: Job) -> str | None:
    """Return what decides a network's batches but for its labels; None if it must be alone."""
    if job.kind is not Kind.NETWORK or job.content["injected"] or "texts" in job.content["network"]:
        return None
    content, where = job.content, job.where
    decides = [
        content["seed"],
        content["training"],
        content["network"].get("image_size"),
        content["data"].get("input"),
        where.get("folders", {}).get("ids"),
        where.get("code"),
    ]
    return json.dumps(decides, sort_keys=True)


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
