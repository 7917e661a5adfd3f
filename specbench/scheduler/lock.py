"""One run per results folder: a lock that ends with its process, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from specbench.errors import StoreBusyError
from specbench.links import refuse_links

LOCK = ".lock"
_WRITTEN = (".cluster", ".making", ".store", ".work", ".damaged", "logs", "studies")


@contextmanager
def exclusive(
    root: Path, doing: str, *, wait: bool = False, say: Callable[[str], None] = print
) -> Iterator[None]:
    """Hold the results folder; ``doing`` tells others what for, such as ``study 'small'``.

    Where another process has it: :class:`StoreBusyError`, or with ``wait`` a line to ``say`` and
    patience until that process has ended, however it ends. :class:`ResultError` where the folder
    has a symbolic link among what the holder may write (result folders are only read).
    """
    root.mkdir(parents=True, exist_ok=True)
    refuse_links(*(root / name for name in (LOCK, *_WRITTEN)))
    handle = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = f"{root}: {_holder(handle)} is running here"
            if not wait:
                raise StoreBusyError(holder, "wait for it with --wait, or use --results") from error
            say(f"{holder}; waiting for it to end")
            fcntl.flock(handle, fcntl.LOCK_EX)
        os.ftruncate(handle, 0)
        os.pwrite(handle, _description(doing).encode(), 0)
        yield
    finally:
        os.close(handle)


def _description(doing: str) -> str:
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    return json.dumps(
        {"doing": doing, "process": os.getpid(), "host": platform.node(), "since": started}
    )


def _holder(handle: int) -> str:
    try:
        holder = json.loads(os.pread(handle, 4096, 0))
        return (
            f"{holder['doing']} (process {holder['process']} on {holder['host']}, "
            f"since {holder['since']})"
        )
    except (ValueError, KeyError):
        return "another process"
