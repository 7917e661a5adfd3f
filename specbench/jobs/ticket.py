"""What passes between the scheduler and a worker: a ticket in, events out, as JSON lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
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
    also: tuple[Ticket, ...] = ()
    """Jobs that share what this one reads, done after it: traces of the network that it trains,
    scores of the same nets' features."""

    beside: tuple[Ticket, ...] = ()
    """Further networks, with their traces, that are trained side by side with this one."""

    needs: tuple[str, ...] = ()
    """Keys of the results that this job reads."""

    seconds: float = 0.0
    """How long this job is expected to take on one slot; 0 where nobody knows."""

    @property
    def heads(self) -> tuple[Ticket, ...]:
        """This ticket and those beside it."""
        return (self, *self.beside)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all jobs that the ticket does, in the order in which they end."""
        return tuple(each.key for each in self.jobs)

    @property
    def jobs(self) -> tuple[Ticket, ...]:
        """The tickets of all those jobs."""
        return tuple(each for head in self.heads for each in (head, *head.also))

    def line(self) -> str:
        """Return the ticket as one line of JSON."""
        return json.dumps(self._fields(), separators=(",", ":")) + "\n"

    def _fields(self) -> dict[str, Any]:
        """Like ``asdict``, which would copy every value of the content: 1 ms a ticket."""
        inner = {n: [each._fields() for each in getattr(self, n)] for n in ("also", "beside")}
        return {**vars(self), **inner}

    @classmethod
    def parse(cls, line: str) -> Ticket:
        """Return the ticket that a line holds."""
        return cls._from(json.loads(line))

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Ticket:
        inner = {n: tuple(cls._from(each) for each in fields[n]) for n in ("also", "beside")}
        return cls(**{**fields, **inner, "needs": tuple(fields["needs"])})
