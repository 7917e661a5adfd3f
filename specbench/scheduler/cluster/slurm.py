"""Slurm: allocations submitted through submitit, looked after with squeue and scancel."""

from __future__ import annotations

import getpass
import hashlib
import math
import os
import shutil
import subprocess
from typing import Any

from specbench.errors import EngineError
from specbench.results import Results
from specbench.scheduler.cluster.engine import Allocation
from specbench.scheduler.cluster.in_slurm import InAllocation
from specbench.spec.executor import ExecutorSection

_RUNNING = {"RUNNING", "CONFIGURING", "STAGE_OUT", "SIGNALING", "SUSPENDED"}
_ENDED = {"COMPLETING", "CANCELLED", "COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED"}
_SECONDS = 60
"""How long an answer of Slurm's commands is waited for."""


class SlurmEngine:
    """The allocations of one results folder, known to Slurm by a name made of its path."""

    name = "slurm"

    def __init__(
        self,
        results: Results,
        settings: ExecutorSection,
        limit: float | None = None,
        side_by_side: int = 1,
    ) -> None:
        if shutil.which("squeue") is None:
            raise EngineError("--executor slurm: no squeue here", "run it on a node of the cluster")
        self._mailbox = results.cluster
        self._logs = results.root / ".slurm"  # submitit makes links there
        self._settings = settings
        self._job = job_name(results)
        asked = settings.slurm
        self._runs = InAllocation(
            str(self._mailbox),
            settings.slots,
            settings.gpus,
            settings.idle_seconds,
            limit,
            side_by_side,
            60.0 * asked.time_minutes - asked.warning_seconds,
        )

    def start(self, count: int) -> None:
        """Submit so many allocations, as arrays where there is more than one."""
        try:
            import submitit
        except ImportError as error:
            raise EngineError(
                "--executor slurm needs submitit", "pip install 'specbench[slurm]'"
            ) from error
        asked = self._settings.slurm
        executor = submitit.SlurmExecutor(
            self._logs,
            max_num_timeout=self._settings.requeues,
            python=asked.python,
        )
        executor.update_parameters(**self._parameters())
        left = count
        try:
            while left > 0:
                together = min(left, asked.array)
                with executor.batch():
                    for _ in range(together):
                        executor.submit(self._runs)
                left -= together
        except (subprocess.SubprocessError, submitit.core.utils.FailedJobError) as error:
            raise EngineError(f"Slurm refused an allocation: {error}", "see [executor]") from error

    def allocations(self) -> dict[str, Allocation] | None:
        """Return what squeue tells of this folder's allocations; None where it does not answer."""
        columns = "%i|%T|%P|%N|%r"
        command = ["squeue", "-h", "-r", "-u", getpass.getuser(), "-n", self._job, "-o", columns]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=_SECONDS
            )
        except (OSError, subprocess.SubprocessError):
            return None
        found = {}
        for line in done.stdout.splitlines():
            name, state, partition, node, reason = line.split("|", 4)
            if state in _ENDED:
                continue
            running = state in _RUNNING
            found[name] = Allocation(
                name,
                "running" if running else "queued",
                partition,
                node,
                "" if running or reason == "None" else reason,
            )
        return found

    def end(self, name: str) -> None:
        """End one allocation."""
        self._scancel(name)

    def cancel(self) -> None:
        """End all allocations of this folder, queued and running."""
        self._scancel("-u", getpass.getuser(), "-n", self._job)

    def _scancel(self, *words: str) -> None:
        try:
            subprocess.run(["scancel", *words], check=True, capture_output=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineError(f"scancel failed: {error}") from error

    def close(self) -> None:
        """Do nothing: the mailbox is a folder."""

    def last_words(self) -> str:
        """Return the last lines that the latest allocation printed."""
        logs = list(self._logs.glob("*.out"))
        if not logs:
            return ""
        latest = max(logs, key=lambda path: path.stat().st_mtime)
        lines = latest.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
        return f"{' | '.join(lines)} ({latest})"

    def _parameters(self) -> dict[str, Any]:
        settings, asked = self._settings, self._settings.slurm
        gpus = math.ceil(settings.gpus * settings.slots)
        memory = None if settings.memory_gb is None else settings.memory_gb * settings.slots
        given = {
            "partition": asked.partition,
            "account": asked.account,
            "qos": asked.qos,
            "constraint": asked.constraint,
            "gpus_per_node": gpus or None,
            "mem": None if memory is None else f"{math.ceil(1024 * memory)}MB",
        }
        return {
            **{name: value for name, value in given.items() if value is not None},
            "job_name": self._job,
            "time": asked.time_minutes,
            "cpus_per_task": math.ceil(settings.cpus * settings.slots),
            "array_parallelism": settings.allocations,
            "signal_delay_s": asked.warning_seconds,
            "setup": asked.setup,
            "stderr_to_stdout": True,
            "additional_parameters": {"requeue": True, "open_mode": "append", **asked.extra},
        }


def job_name(results: Results) -> str:
    """Return the name by which Slurm knows the allocations of a results folder."""
    return f"specbench-{hashlib.sha256(os.fsencode(results.root.resolve())).hexdigest()[:12]}"
