"""Results that a process has read against their checksums, so that each is read so only once."""

from __future__ import annotations

from pathlib import Path

from specbench.errors import ResultError
from specbench.results import CHECKSUMS, damaged_files

_verified: set[tuple[int, int, int]] = set()


def verify_once(folder: Path) -> None:
    """Read all files of a result folder against their checksums, unless this process has.

    One that was made anew since is read again. Raises :class:`ResultError` where a file is not what
    was written.
    """
    try:
        stat = (folder / CHECKSUMS).stat()
    except OSError as error:
        raise ResultError(
            f"{folder}: no result ({error.strerror})", "run the study again"
        ) from error
    mark = (stat.st_dev, stat.st_ino, stat.st_mtime_ns)
    if mark in _verified:
        return
    damaged = damaged_files(folder)
    if damaged:
        raise ResultError(
            f"{folder}: does not match its checksums: {', '.join(damaged)}",
            "specbench store check --discard moves it away, then run the study with --retry-failed",
        )
    _verified.add(mark)
