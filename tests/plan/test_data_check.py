"""`check --data` finds files that have changed since they were packed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.plan.data_check import data_differences


@pytest.fixture
def check(study: Any, runner: Any, inline: Any, arrays_text: str, arrays: Path) -> Any:
    """Pack the arrays, then return differences and what was told."""
    made = study(arrays_text)

    def check() -> tuple[list[str], list[str]]:
        told: list[str] = []
        return data_differences(made, runner.results, told.append), told

    assert check() == ([], [f"{name}: not packed yet" for name in sorted(DOMAINS)])
    executor = inline()
    executor.fails = lambda ticket: ticket.kind in ("network", "constant", "score")
    runner(made, executor)
    return check


DOMAINS = ("rgb", "depth_zbuffer", "edge_texture", "mask_valid", "normal")


def test_unchanged_files_are_as_packed(check: Any) -> None:
    differences, told = check()
    assert differences == []
    assert told == [f"{name}: as packed" for name in sorted(DOMAINS)]


def test_files_changed_in_place_are_found(check: Any, arrays: Path) -> None:
    path = arrays / "val" / "normal.npy"
    before = path.stat()
    values = np.load(path)
    with path.open("r+b") as file:  # neither the folder's time nor the file's size change
        np.save(file, -values)

    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    differences, _ = check()
    assert differences == ["normal: files of val have changed since packing"]


def test_damaged_packs_are_found(check: Any, runner: Any) -> None:
    folder = next(
        path.parent for path in runner.results.root.glob("*/val.npy") if path.stat().st_size > 5000
    )
    (folder / "val.npy").write_bytes(b"")
    differences, _ = check()
    assert len(differences) == 1
    assert "does not match its checksums" in differences[0]
