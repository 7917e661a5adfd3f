"""One run per results folder: a lock that ends with its process, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from specbench.errors import StoreBusyError

LOCK = ".lock"


@contextmanager
def exclusive(root: Path, study: str) -> Iterator[None]:
    """Hold the results folder for one run of ``study``; StoreBusyError if another has it."""
    root.mkdir(parents=True, exist_ok=True)
    handle = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusyError(
                f"{root}: {_holder(handle)} is running here", "wait for it, or use --results"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, _description(study).encode(), 0)
        yield
    finally:
        os.close(handle)


def _description(study: str) -> str:
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    return json.dumps(
        {"study": study, "process": os.getpid(), "host": platform.node(), "since": started}
    )


def _holder(handle: int) -> str:
    try:
        holder = json.loads(os.pread(handle, 4096, 0))
        return (
            f"study '{holder['study']}' (process {holder['process']} on {holder['host']}, "
            f"since {holder['since']})"
        )
    except (ValueError, KeyError):
        return "another study"
