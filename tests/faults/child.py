"""A process that runs one specbench command in a folder, forked from one that has it loaded."""

from __future__ import annotations

import errno
import faulthandler
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

JUMPING = "SPECBENCH_TEST_JUMPING"
"""Set in the environment of workers whose clock is to jump."""


def command(folder: str, words: list[str], fault: str) -> None:
    """Run ``specbench words`` in ``folder``; output goes to the file ``output``.

    Jobs take milliseconds, unless the fault is ``real``: then nothing is made up or goes wrong.
    """
    os.setsid()
    os.chdir(folder)
    output = os.open("output", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    faulthandler.register(signal.SIGUSR1)  # says where a process hangs
    from specbench.cli import main
    from specbench.scheduler import local

    kind, _, argument = fault.partition(":")
    if kind != "real":
        local.WORKER = (str(Path(__file__).with_name("worker.py")),)
    if kind in FAULTS:
        FAULTS[kind](argument)
    sys.argv = ["specbench", *words]
    main()


def jumping(argument: str) -> None:
    """Make the clock jump by up to a month, back and forth, here and in the workers."""
    real = time.time
    time.time = lambda: real() + random.uniform(-3e6, 3e6)
    os.environ[JUMPING] = "1"


def small_files(argument: str) -> None:
    """Let no file grow beyond so many bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(argument), resource.RLIM_INFINITY))


def read_only(argument: str) -> None:
    """Refuse whatever would change the folder ``results``."""
    root = str(Path("results").absolute())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 3
        if writes or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir"):
            path = arguments[0]
            if isinstance(path, str | Path) and str(path).startswith(root):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    sys.addaudithook(hook)


def in_group(argument: str) -> None:
    """Join a control group, and all that is started from here."""
    (Path(argument) / "cgroup.procs").write_text(str(os.getpid()))


FAULTS = {"clock": jumping, "small": small_files, "read-only": read_only, "group": in_group}
