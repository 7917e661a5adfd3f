"""Where folders and logs are exchanged between machines that share no file system.

A folder is there whole or not at all. What is fetched is checked against its checksums before it
gets its name.
"""

from __future__ import annotations

import shutil
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from specbench.errors import ResultError
from specbench.results import Results, damaged_files

RESULT, WORK = "results", "work"
"""Kinds of folders: of finished jobs, and of checkpoints."""


class Depot(Protocol):
    """The contract of depots: Ray's object store, or an object store behind an address."""

    def keys(self, kind: str) -> set[str]:
        """Return the keys of the folders that are there."""

    def put(self, kind: str, key: str, folder: Path) -> None:
        """Put a copy of a folder there, in place of an earlier one."""

    def get(self, kind: str, key: str, folder: Path) -> bool:
        """Copy a folder's files into an empty folder; False where it is not there."""

    def drop(self, kind: str, key: str) -> None:
        """Remove a folder."""

    def put_log(self, key: str, data: bytes) -> None:
        """Put what a job has printed there."""

    def logs(self) -> set[str]:
        """Return the keys of the logs that are there."""

    def log(self, key: str) -> bytes:
        """Return what a job has printed; empty where that is not there."""


def fetch_result(depot: Depot, results: Results, key: str) -> bool:
    """Bring a finished job's folder here, whole or not at all; False where the depot has none.

    Raises :class:`ResultError` for one that is not what was written.
    """
    folder = results.root / ".making" / f"{key}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    try:
        if not depot.get(RESULT, key, folder):
            return False
        damaged = damaged_files(folder)
        if damaged:
            raise ResultError(
                f"result {key}: fetched files do not match their checksums: {', '.join(damaged)}"
            )
        try:
            folder.rename(results.folder(key))
        except OSError:
            if not results.is_done(key):
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def fetch_work(depot: Depot, results: Results, key: str) -> None:
    """Bring the checkpoints of an unfinished job here, unless there are some."""
    target = results.work(key)
    if target.exists():
        return
    folder = target.with_name(f"{key}.{uuid.uuid4().hex[:8]}")
    folder.mkdir(parents=True)
    try:
        if depot.get(WORK, key, folder) and not target.exists():
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def packed(folder: Path, scratch: Path) -> Path:
    """Return a tar file of a folder's files below ``scratch``."""
    path = scratch / f"{uuid.uuid4().hex}.tar"
    with tarfile.open(path, "w") as tar:
        for inner in sorted(folder.rglob("*")):
            if inner.is_file():
                tar.add(inner, inner.relative_to(folder).as_posix())
    return path


def unpacked(path: Path, folder: Path) -> None:
    """Unpack such a file; nothing is written outside the folder."""
    with tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")


def pieces(path: Path, size: int) -> Iterator[bytes]:
    """Yield a file in pieces."""
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece
