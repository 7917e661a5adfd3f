"""What a node needs at hand to run a ticket, and what it hands on of what was made there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from specbench.jobs.ticket import Ticket


class Sending(Protocol):
    """How results, checkpoints and logs come to a node and leave it."""

    def fetch(self, ticket: Ticket) -> Ticket:
        """Bring what a ticket reads to this node; return the ticket as it is to be run here."""

    def progressed(self, key: str) -> None:
        """A job has got on, so it may have a new checkpoint."""

    def ended(self, key: str, done: bool) -> None:
        """A job has ended; its result is safe elsewhere when this returns."""

    def tick(self, under_way: Iterable[Ticket]) -> None:
        """Hand on what is due; called often, acts seldom."""


class AtHand:
    """Nothing is sent: the results folder lies at the same place on every node."""

    def fetch(self, ticket: Ticket) -> Ticket:
        """Return the ticket as it is."""
        return ticket

    def progressed(self, key: str) -> None:
        """Do nothing: the checkpoint is where others find it."""

    def ended(self, key: str, done: bool) -> None:
        """Do nothing: the result is where others find it."""

    def tick(self, under_way: Iterable[Ticket]) -> None:
        """Do nothing."""
