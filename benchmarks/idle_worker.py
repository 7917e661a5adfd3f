"""A worker whose jobs do nothing and end at once with made-up results; otherwise the real one."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from made_up import made_up

from specbench.jobs import worker
from specbench.jobs.context import Context


def run(context: Context) -> dict[str, Any]:
    """Return what a job of the ticket's kind might have found."""
    return made_up(context.ticket)


if __name__ == "__main__":
    body = ModuleType("specbench.jobs.idle")
    body.run = run  # type: ignore[attr-defined]
    sys.modules[body.__name__] = body
    worker.BODIES = dict.fromkeys(worker.BODIES, "specbench.jobs.idle")
    worker.main()
