"""Keeping freed memory, because fetching it again from the system costs a small network dearly."""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1


def keep_freed_memory() -> None:
    """Make glibc keep what it frees, for this process; does nothing where there is no glibc.

    By default every activation above 32 MiB (above 128 KiB at first) is a fresh mapping, and each
    of its pages a fault.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 2**30)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
