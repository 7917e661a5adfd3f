"""What runs in an allocation of Slurm. It loads nothing heavy: nodes start it again and again."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from specbench.scheduler.cluster.folder import FolderMailbox
from specbench.scheduler.cluster.pool import Pool, PoolSettings
from specbench.scheduler.cluster.slots import slots_of


@dataclass
class InAllocation:
    """What an allocation runs: submitit pickles it here and calls it on the node."""

    mailbox: str
    slots: int
    gpus: float
    """For each slot."""
    idle: float
    limit: float | None
    side_by_side: int
    seconds: float

    def __call__(self) -> None:
        """Run a pool until there is nothing to do."""
        settings = PoolSettings(
            slots_of(self.slots, self.gpus),
            self.idle,
            self.limit,
            self.side_by_side,
            self.seconds,
        )
        self._pool = Pool(FolderMailbox(Path(self.mailbox)), _own_name(), settings)
        signal.signal(signal.SIGTERM, self._end)
        self._pool.run()

    def checkpoint(self) -> Any:
        """Hand everything back before the time is up; submitit then puts the allocation back."""
        from submitit.helpers import DelayedSubmission

        self._pool.abandon()
        del self._pool
        return DelayedSubmission(self)

    def _end(self, signum: int, frame: FrameType | None) -> None:
        """Hand everything back and go: cancelled, or preempted without another warning."""
        self._pool.abandon()
        os._exit(128 + signum)


def _own_name() -> str:
    """Return what squeue calls the job that this process is in."""
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    if array:
        return f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    return os.environ.get("SLURM_JOB_ID", "0")
