"""What passes between the scheduler and a worker: a ticket in, events out, as JSON lines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Ticket:
    """One job, ready to run: all its needs are done."""

    key: str
    kind: str
    content: dict[str, Any]
    where: dict[str, Any]
    results: str
    """The results folder."""

    def line(self) -> str:
        """Return the ticket as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"

    @classmethod
    def parse(cls, line: str) -> Ticket:
        """Return the ticket that a line holds."""
        return cls(**json.loads(line))
