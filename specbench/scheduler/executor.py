"""What runs tickets: the contract of executors, and the events they give."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Protocol

from specbench.jobs.ticket import Ticket


@dataclass(frozen=True)
class Event:
    """What happened to a job: `started`, `progress`, `done` or `failed`, with details."""

    key: str
    word: str
    details: dict[str, Any]


class Executor(Protocol):
    """What runs tickets; see ``LocalExecutor`` for the laws."""

    side_by_side: int
    """How many networks a ticket may train at once."""
    queues: bool
    """Whether a ticket may wait in a queue before its `started`."""

    def free(self, on_device: bool) -> bool:
        """Tell whether a ticket can start now."""

    def submit(self, ticket: Ticket, on_device: bool) -> None:
        """Start a ticket."""

    def next(self, timeout: float) -> Event | None:
        """Return the next event, or None."""

    def close(self) -> None:
        """End everything."""

    def leave(self) -> None:
        """Let go of what is under way; where the engine can, it goes on without this process."""

    def adopt(self, keys: Container[str]) -> list[Ticket]:
        """Take over tickets of an earlier scheduler that are still under way, and return them.

        Those with a job among ``keys``; others are not touched. Only before the first ``submit``.
        """

    def expect(self, seconds: float) -> None:
        """Hear how much work there will be in all, in estimated seconds on one slot."""

    def describe(self) -> str:
        """Return how an engine's allocations stand, in words; '' where there is no engine."""
