"""What passes between a scheduler and the pools of its allocations, either of which may go away.

A ticket that is posted waits, is taken by one pool, and has ended when all its jobs have. What the
pool has to say of it is kept until the scheduler, this one or the next, has heard it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True)
class Posted:
    """Names of the tickets under way."""

    waiting: frozenset[str] = frozenset()
    taken: Mapping[str, str] = field(default_factory=dict)
    """By name: the pool that took it."""
    ended: frozenset[str] = frozenset()

    @property
    def names(self) -> set[str]:
        """All of them."""
        return {*self.waiting, *self.taken, *self.ended}


class Said(NamedTuple):
    """One thing that a pool has said."""

    pool: str
    line: str
    """A JSON object: the ticket's name and the fields of an event."""


class Mailbox(Protocol):
    """The contract of mailboxes: a folder on a shared file system, or a Ray actor.

    Every step is whole or not at all. A ticket is taken by one pool only, and stays in the mailbox
    until it is forgotten.
    """

    def post(self, name: str, ticket: str) -> None:
        """Let a ticket wait to be taken."""

    def posted(self) -> Posted:
        """Return what is under way."""

    def waiting(self) -> list[str]:
        """Return the names of the tickets that wait, those first that should be taken first."""

    def ticket(self, name: str) -> str | None:
        """Return a ticket that is under way; None where there is no such."""

    def take(self, name: str, pool: str) -> str | None:
        """Take a ticket that waits; None where another was faster."""

    def put_back(self, name: str, pool: str) -> None:
        """Let a ticket wait again that a pool has taken; nothing where it has ended."""

    def end(self, name: str, pool: str) -> None:
        """All jobs of a ticket have ended."""

    def forget(self, names: Sequence[str]) -> None:
        """Drop tickets, however they stand."""

    def say(self, pool: str, name: str, line: str) -> None:
        """Leave word of a ticket for the scheduler."""

    def hear(self) -> list[Said]:
        """Return what pools have said since the last call; at the first, all that is kept."""

    def register(self, pool: str, about: Mapping[str, Any]) -> None:
        """A pool has begun; ``about`` holds its allocation, host and number of slots."""

    def pools(self) -> dict[str, dict[str, Any]]:
        """Return what the registered pools have said about themselves, with their last `beat`."""

    def beat(self, pool: str, count: int) -> None:
        """A pool is alive: its count has grown."""

    def revoke(self, pool: str) -> None:
        """A pool is given up: it must stop, and nothing of what it has taken is its own."""

    def is_revoked(self, pool: str) -> bool:
        """Tell whether a pool must stop."""


def name_of(number: int, on_device: bool, seconds: float, key: str, mark: str) -> str:
    """Return the name of a ticket, from which its order, slot and size can be read."""
    return f"{number:09d}-{'d' if on_device else 'c'}-{seconds:.0f}-{key}-{mark}"


class Name(NamedTuple):
    """What the name of a ticket says."""

    number: int
    on_device: bool
    seconds: float
    key: str
    """Of its first job."""

    @classmethod
    def parse(cls, name: str) -> Name:
        """Read a name."""
        number, sort, seconds, key, _ = name.split("-")
        return cls(int(number), sort == "d", float(seconds), key)
