"""A cluster as a run uses it: mailbox and engine, and the note of what may be under way there."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from specbench.errors import EngineError, StoreBusyError
from specbench.results import Results, write_whole
from specbench.scheduler.cluster.carrier import Carrier
from specbench.scheduler.cluster.divided import Divided
from specbench.scheduler.cluster.engine import Engine
from specbench.scheduler.cluster.executor import ClusterExecutor
from specbench.scheduler.cluster.folder import FolderMailbox
from specbench.scheduler.cluster.mailbox import Mailbox
from specbench.scheduler.executor import Executor
from specbench.spec.executor import ExecutorSection


class Cluster:
    """The allocations and tickets of one results folder on one engine."""

    def __init__(
        self,
        results: Results,
        settings: ExecutorSection,
        limit: float | None = None,
        side_by_side: int = 1,
    ) -> None:
        self.results, self.settings = results, settings
        self._side_by_side = side_by_side
        self.mailbox: Mailbox
        self.engine: Engine
        self.carrier: Carrier | None = None
        """Carries results to and fro where no file system is shared."""
        if settings.kind == "slurm":
            from specbench.scheduler.cluster.slurm import SlurmEngine

            self.mailbox = FolderMailbox(results.cluster)
            self.engine = SlurmEngine(results, settings, limit, side_by_side)
        elif settings.kind == "ray":
            from specbench.scheduler.cluster.on_ray import RayEngine

            engine = RayEngine(results, settings, limit, side_by_side)
            self.mailbox, self.engine = engine.mailbox, engine
            if engine.depot is not None:
                self.carrier = Carrier(engine.depot, results)
        else:
            raise EngineError(f"no engine '{settings.kind}'")
        self._executors: list[ClusterExecutor] = []

    def start(self, here: Callable[[], Executor]) -> Executor:
        """Return an executor; ``here`` makes the one that prepares data on this machine."""
        note = {"executor": self.settings.model_dump(mode="json")}
        write_whole(self.results.elsewhere, json.dumps(note, indent=1))
        executor = ClusterExecutor(
            self.mailbox, self.engine, self.settings, self._side_by_side, carrier=self.carrier
        )
        self._executors.append(executor)
        if self.settings.data_jobs == "here":
            return Divided(here(), executor)
        return executor

    def end(self) -> None:
        """End allocations that wait for work, and drop all notes.

        Nothing where jobs were left, by this run or by one of another study in the same folder.
        """
        left = any(executor.left for executor in self._executors)
        if not self._executors or left or self.mailbox.posted().names:
            return
        self.cancel()

    def cancel(self) -> None:
        """End all allocations, drop all tickets and notes."""
        self.engine.cancel()
        for pool in self.mailbox.pools():
            self.mailbox.revoke(pool)
        self.mailbox.forget(sorted(self.mailbox.posted().names))
        self.engine.close()
        forget(self.results)


def forget(results: Results) -> None:
    """Drop the notes of what was under way; logs of allocations stay until the next are made.

    Marks of revoked pools stay too: one of those may still be alive somewhere.
    """
    results.elsewhere.unlink(missing_ok=True)
    for part in ("events", "waiting", "taken", "ended"):
        for path in (results.cluster / part).glob("*"):
            with suppress(OSError):
                path.unlink()


def refuse_elsewhere(results: Results) -> None:
    """Raise :class:`StoreBusyError` where jobs of this folder may be under way on an engine."""
    note = noted(results)
    if note is not None:
        raise StoreBusyError(
            f"{results.root}: jobs of this folder may be queued or running on {note.kind}",
            f"take them over by --executor {note.kind}, or end them by specbench cancel",
        )


def noted(results: Results) -> ExecutorSection | None:
    """Return with which settings jobs were last sent elsewhere; None where none are there."""
    try:
        note: dict[str, Any] = json.loads(results.elsewhere.read_bytes())
        return ExecutorSection.model_validate(note["executor"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
