"""Two executors as one: data is prepared on this machine, the rest is done on a cluster."""

from __future__ import annotations

from collections.abc import Container

from specbench.jobs.ticket import Ticket
from specbench.scheduler.executor import Event, Executor


class Divided:
    """Sends tickets that gain nothing from a device to ``here``, all others ``there``."""

    queues = True

    def __init__(self, here: Executor, there: Executor) -> None:
        self._here, self._there = here, there
        self._busy: set[str] = set()  # keys of jobs under way here
        self.side_by_side = there.side_by_side

    def _of(self, on_device: bool) -> Executor:
        return self._there if on_device else self._here

    def free(self, on_device: bool) -> bool:
        """Tell whether a ticket can start now."""
        return self._of(on_device).free(on_device)

    def submit(self, ticket: Ticket, on_device: bool) -> None:
        """Start a ticket."""
        if not on_device:
            self._busy |= set(ticket.keys)
        self._of(on_device).submit(ticket, on_device)

    def next(self, timeout: float) -> Event | None:
        """Return the next event of either."""
        event = self._here.next(timeout / 2 if self._busy else 0.0)
        if event is None:
            return self._there.next(timeout / 2 if self._busy else timeout)
        if event.word in ("done", "failed"):
            self._busy.discard(event.key)
        return event

    def close(self) -> None:
        """End everything."""
        self._here.close()
        self._there.close()

    def leave(self) -> None:
        """Let go of what is under way there; what is under way here ends."""
        self._here.leave()
        self._there.leave()

    def adopt(self, keys: Container[str]) -> list[Ticket]:
        """Take over what an earlier scheduler has left there."""
        return self._there.adopt(keys)

    def expect(self, seconds: float) -> None:
        """Hear how much work there will be in all."""
        self._there.expect(seconds)

    def describe(self) -> str:
        """Return how the engine's allocations stand."""
        return self._there.describe()
