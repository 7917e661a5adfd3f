"""Runs finished jobs again in a scratch folder, to compare with what is stored.

What a job reads is linked into a results folder of its own, so that nothing of the real one can
be written. A trace is taken from a replay of its network's training, whatever way it first came.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from specbench.errors import ResultError
from specbench.jobs.ticket import Ticket
from specbench.plan.grid import expand
from specbench.plan.jobs import Job
from specbench.results import Results
from specbench.scheduler.executor import Executor
from specbench.spec.study import Study
from specbench.upkeep.compare import differences

_WAIT = 0.25


@dataclass(frozen=True)
class Verdict:
    """A job that was run again."""

    job: Job
    device: str
    """Device that the stored result came from."""
    differences: list[str]
    """What differs, or why it could not be run again; empty where all is equal."""


def sample(study: Study, results: Results, number: int, seed: int = 0) -> list[Job]:
    """Return ``number`` finished jobs of a study (all, if fewer are), drawn by ``seed``.

    Raises ResultError where none is finished.
    """
    plan = expand(study, results)
    finished = sorted(results.done() & set(plan.jobs))
    if not finished:
        raise ResultError(f"{results.root}: no finished job of '{study.name}'", "run it first")
    drawn = random.Random(seed).sample(finished, min(number, len(finished)))
    return [plan.jobs[key] for key in sorted(drawn)]


def verify(
    jobs: Sequence[Job],
    results: Results,
    scratch: Path,
    start: Callable[[], Executor],
    tolerance: float = 0.0,
) -> Iterator[Verdict]:
    """Run jobs again below ``scratch`` and yield how each compares, as they end.

    ``tolerance`` as for :func:`specbench.upkeep.compare.differences`.
    """
    waiting = list(jobs)
    running: dict[str, Job] = {}
    executor = start()
    try:
        while waiting or running:
            for job in list(waiting):
                if executor.free(job.kind.on_device):
                    waiting.remove(job)
                    running[job.key] = job
                    executor.submit(_ticket(job, results, scratch), job.kind.on_device)
            event = executor.next(_WAIT)
            if event is None or event.word not in ("done", "failed") or event.key not in running:
                continue
            job = running.pop(event.key)
            device = str(results.read(job.key)["run"]["device"])
            if event.word == "failed":
                yield Verdict(job, device, [f"could not be run again: {event.details['error']}"])
            else:
                again = Results(scratch / job.key).folder(job.key)
                found = differences(results.folder(job.key), again, tolerance)
                yield Verdict(job, device, found)
    finally:
        executor.close()


def _ticket(job: Job, results: Results, scratch: Path) -> Ticket:
    root = scratch / job.key
    root.mkdir(parents=True)
    for need in job.needs:
        (root / need).symlink_to(results.folder(need), target_is_directory=True)
    return Ticket(job.key, job.kind.value, job.content, job.where, str(root))
