"""The body of every job in these tests: some steps with a checkpoint each, then made-up results.

``faults.json`` in the working directory names what goes wrong: ``{"hang": "constant"}`` makes jobs
of that kind hang, ``{"full": "network"}`` fills the disk under them, ``{"hog": "network"}`` makes
them take a gigabyte of memory.
"""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

from made_up import made_up

from specbench.jobs.context import Context
from specbench.sealed import read_sealed, write_sealed

STEPS = 3
CHECKPOINT = "state.pt"


def run(context: Context) -> dict[str, Any]:
    kind = context.ticket.kind
    faults = json.loads(Path("faults.json").read_text()) if Path("faults.json").exists() else {}
    state = context.work() / CHECKPOINT
    for step in range(int(read_sealed(state) or 0), STEPS):
        time.sleep(0.003)
        if faults.get("full") == kind:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_sealed(state, str(step + 1).encode())
        context.report({"epoch": step + 1, "epochs": STEPS})
        if faults.get("hog") == kind:
            Path("/proc/self/oom_score_adj").write_text("1000")  # before the scheduler
            hog = [b"x" * 10_000_000 for _ in range(100)]
            raise AssertionError(f"{len(hog)} pieces and nobody minds")
        while faults.get("hang") == kind:
            time.sleep(1)
    (context.folder / "weights.pt").write_bytes(context.ticket.key.encode() * 50)
    return made_up(context.ticket)
