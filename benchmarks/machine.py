"""What the benchmarks share: the machine in words, runs in turn, a table, a file of numbers."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
"""What of the processor decides the speed of a training; the last two multiply in bf16."""


def machine(*packages: str) -> dict[str, Any]:
    """Return processor, usable cores, memory, GPU and the versions of Python and ``packages``.

    ``torch`` is always among the packages; it is loaded only to name a GPU.
    """
    about = {
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(_memory() / 1e9, 1),
        "flags": [flag for flag in FLAGS if flag in _line("/proc/cpuinfo", "flags").split()],
        "gpu": _gpu(),
        "python": platform.python_version(),
    }
    for package in ("torch", *packages):
        try:
            about[package] = version(package)
        except PackageNotFoundError:
            about[package] = "absent"
    return about


def in_words(about: Mapping[str, Any]) -> str:
    """Return a machine as one line."""
    known = {"processor", "cores", "memory_gb", "flags", "gpu"}
    versions = ", ".join(f"{name} {about[name]}" for name in about if name not in known)
    return (
        f"{about['processor']}, {about['cores']} cores usable, {about['memory_gb']:g} GB "
        f"({' '.join(about['flags']) or 'no vector flags known'}), "
        f"GPU: {about['gpu'] or 'none'}; {versions}"
    )


def alternate(runs: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Return what each run measures, ``rounds`` times, the runs taking turns: A B A B.

    What disturbs a machine for a while thus falls on all runs alike.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(run())
    return found


def medians(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the median of what each run measured."""
    return {name: float(np.median(measured)) for name, measured in values.items()}


def table(rows: Sequence[Sequence[object]]) -> str:
    """Return rows of cells as a Markdown table; the first row is the head."""
    text = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*text, strict=True)]
    lines = [
        "| " + " | ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) + " |"
        for row in text
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write(path: Path | None, numbers: Mapping[str, Any]) -> None:
    """Write the numbers of a benchmark as JSON; None writes nothing."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


def _line(path: str, name: str) -> str:
    """Return what the first line of a file of ``name: value`` says."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(name))
    return next(found, "")


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gpu() -> str:
    try:
        import torch
    except ImportError:
        return ""
    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else ""
