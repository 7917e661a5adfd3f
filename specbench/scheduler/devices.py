"""Slots: how many processes run at once, and on what."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from specbench.errors import SpecError

# One thread a process: two such processes beat one process with two threads, and on busy cores
# threads within a process wait for each other. Raised malloc thresholds keep freed activations
# from going back to the system at every step.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
    "MALLOC_MMAP_THRESHOLD_": "33554432",  # the most that glibc accepts
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


@dataclass(frozen=True)
class Slot:
    """A place for one worker process."""

    device: str
    """`cpu` or `cuda`."""
    index: str = ""
    """Which GPU, as CUDA_VISIBLE_DEVICES names it."""

    def environment(self) -> dict[str, str]:
        """Return the process's environment; the GPU is fixed before torch is loaded."""
        return {**os.environ, **_ENVIRONMENT, "CUDA_VISIBLE_DEVICES": self.index}


def slots(device: str, workers: int | None) -> list[Slot]:
    """Return the slots of this machine.

    On a CPU ``workers`` processes (default: one a core). With GPUs ``workers`` processes a GPU
    (default 1) for training and scoring, and one a core for the preparation of data. ``device`` is
    `auto`, `cpu` or `cuda`; :class:`SpecError` where `cuda` is asked for and absent.
    """
    gpus = [] if device == "cpu" else visible_gpus()
    if device == "cuda" and not gpus:
        raise SpecError("--device cuda: no CUDA device is visible", "use --device cpu")
    if not gpus:
        return [Slot("cpu")] * (workers or cores())
    return [Slot("cuda", gpu) for gpu in gpus for _ in range(workers or 1)] + [
        Slot("cpu")
    ] * cores()


def cores() -> int:
    """Return the cores this process may use: affinity and the control group's quota."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):
        return allowed


def visible_gpus() -> list[str]:
    """Return the GPUs that a child process can see, without loading torch."""
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    present = sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None or not present:
        return [str(index) for index in range(present)]
    return [part.strip() for part in chosen.split(",") if part.strip() not in ("", "-1")]
