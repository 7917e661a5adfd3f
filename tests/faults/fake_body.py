"""The body of every job in these tests: some steps with a checkpoint each, then made-up results.

``faults.json`` in the working directory names what goes wrong: ``{"hang": "constant"}`` makes jobs
of that kind hang, ``{"full": "network"}`` fills the disk under them.
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
from specbench.results import write_whole

STEPS = 3


def run(context: Context) -> dict[str, Any]:
    kind = context.ticket.kind
    faults = json.loads(Path("faults.json").read_text()) if Path("faults.json").exists() else {}
    state = context.work() / "state.json"
    begun = json.loads(state.read_text()) if state.exists() else 0
    for step in range(begun, STEPS):
        time.sleep(0.003)
        if faults.get("full") == kind:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_whole(state, json.dumps(step + 1))
        context.report({"epoch": step + 1, "epochs": STEPS})
        while faults.get("hang") == kind:
            time.sleep(1)
    (context.folder / "weights.pt").write_bytes(context.ticket.key.encode() * 50)
    return made_up(context.ticket)
