"""A worker whose jobs take milliseconds, otherwise the real one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.child import JUMPING, jumping

from specbench.jobs import worker

worker.BODIES = dict.fromkeys(worker.BODIES, "fake_body")

if __name__ == "__main__":
    if JUMPING in os.environ:
        jumping("")
    worker.main()
