"""Whether this machine multiplies in bfloat16: where it does not, ``bf16`` trains slower than fp32.

Known without torch: a processor says so in its flags, a GPU by its compute capability.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from specbench.scheduler.devices import visible_gpus
from specbench.spec.data import PublishedData
from specbench.spec.study import Study

_CPUINFO = Path("/proc/cpuinfo")
_UNITS = {"avx512_bf16", "amx_bf16", "bf16"}
"""Flags of x86 processors with bfloat16 products, and of ARM's."""
_CAPABLE = 8.0
"""Compute capability of the first GPUs that multiply in bfloat16."""


def bf16_warning(study: Study) -> str | None:
    """Return a line for a study that trains in bf16 where this machine has no units for it."""
    trained = sum(
        condition.settings.training.precision == "bf16"
        for condition in study.conditions
        if not isinstance(condition.settings.data, PublishedData)
    )
    if not trained or has_bf16_units() is not False:
        return None
    return (
        f"warning: {trained} of {len(study.conditions)} conditions train in bf16, for which this "
        "machine has no units: slower than fp32 here (docs/how_to.md)"
    )


def has_bf16_units(cpuinfo: Path = _CPUINFO) -> bool | None:
    """Tell whether every device that would train multiplies in bfloat16; None where unknown."""
    if visible_gpus():
        return _gpus_have_units()
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    flags = [line.partition(":")[2].split() for line in lines if _lists_flags(line)]
    return any(_UNITS & set(of_core) for of_core in flags) if flags else None


def _lists_flags(line: str) -> bool:
    return line.partition(":")[0].strip() in ("flags", "Features")


def _gpus_have_units() -> bool | None:
    query = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        return all(float(line) >= _CAPABLE for line in listed.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
