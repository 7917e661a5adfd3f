"""What the body of a job is given: its ticket, where things lie, a way to report."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from specbench import __version__
from specbench.jobs.ticket import Ticket
from specbench.jobs.verified import verify_once
from specbench.results import Results
from specbench.sealed import read_sealed


@dataclass(frozen=True)
class Context:
    """One job about to run."""

    ticket: Ticket
    results: Results
    folder: Path
    """Empty folder that becomes the result; the body may write any files into it."""
    device: str
    """`cpu` or `cuda`."""
    report: Callable[[dict[str, Any]], None]
    """Takes progress such as ``{"epoch": 3, "epochs": 10, "loss": 0.7}``."""
    charged: list[float] = field(default_factory=list)
    """Seconds this job answers for beside its running time; negative where another does."""

    @property
    def content(self) -> dict[str, Any]:
        """What decides the result."""
        return self.ticket.content

    def beside(self, ticket: Ticket) -> Context:
        """Return the context of another job of this process, to be written later."""
        return replace(self, ticket=ticket, charged=[])

    def needed(self, key: str) -> Path:
        """Return the result folder of a needed job, its files verified once a process.

        Raises ResultError where one is not what was written: nothing is computed from it.
        """
        folder = self.results.folder(key)
        verify_once(folder)
        return folder

    def folders(self) -> dict[str, Path]:
        """Return the packs (and `ids`) that the job reads, by domain."""
        named: dict[str, str] = self.ticket.where.get("folders", {})
        return {name: self.needed(key) for name, key in named.items()}

    def work(self) -> Path:
        """Return the folder for checkpoints, made where it is absent.

        Checkpoints that are not what was written are removed, and that is told.
        """
        folder = self.results.work(self.ticket.key)
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.pt")):
            if read_sealed(path) is None:
                path.unlink()
                self.say(f"{path.name} is damaged and was removed; what it held is done again")
        return folder

    def say(self, text: str) -> None:
        """Tell a person something, in the job's log and on the run's display."""
        print(text, flush=True)
        self.report({"said": text})

    def clean(self) -> None:
        """Drop the checkpoints of a job that is done."""
        shutil.rmtree(self.results.work(self.ticket.key), ignore_errors=True)

    def machine(self) -> dict[str, Any]:
        """Return where the job ran: host, device and versions, recorded but never part of a key."""
        return {
            "host": platform.node(),
            "device": self._device_name(),
            "cores": os.cpu_count(),
            "versions": self._versions(),
        }

    def _device_name(self) -> str:
        torch = sys.modules.get("torch")
        if self.device == "cuda" and torch is not None and torch.cuda.is_available():
            return str(torch.cuda.get_device_name(0))
        return "cpu"

    def _versions(self) -> dict[str, str]:
        loaded = {"specbench": __version__, "python": platform.python_version()}
        for name in ("numpy", "torch", "scipy", "skimage"):
            if name in sys.modules:
                loaded[name] = str(sys.modules[name].__version__)
        return loaded
