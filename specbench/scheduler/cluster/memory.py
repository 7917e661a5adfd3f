"""A mailbox in the memory of one process; Ray keeps it in an actor that all nodes reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specbench.scheduler.cluster.mailbox import Posted, Said


class MemoryMailbox:
    """See :class:`Mailbox`; ``hear_since`` takes the place of ``hear``, for it has many hearers."""

    def __init__(self) -> None:
        self._tickets: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._taken: dict[str, str] = {}
        self._ended: set[str] = set()
        self._said: dict[str, list[tuple[int, Said]]] = {}  # by ticket: what is said of it
        self._count = 0
        self._pools: dict[str, dict[str, Any]] = {}
        self._revoked: set[str] = set()

    def post(self, name: str, ticket: str) -> None:
        """Let a ticket wait to be taken."""
        self._tickets[name] = ticket
        self._waiting.add(name)

    def posted(self) -> Posted:
        """Return what is under way."""
        return Posted(frozenset(self._waiting), dict(self._taken), frozenset(self._ended))

    def waiting(self) -> list[str]:
        """Return the names of the tickets that wait, those first that should be taken first."""
        return sorted(self._waiting)

    def ticket(self, name: str) -> str | None:
        """Return a ticket that is under way; None where there is no such."""
        return self._tickets.get(name)

    def take(self, name: str, pool: str) -> str | None:
        """Take a ticket that waits; None where another was faster."""
        if name in self._waiting and pool not in self._revoked:
            self._waiting.discard(name)
            self._taken[name] = pool
        return self._tickets.get(name) if self._taken.get(name) == pool else None

    def put_back(self, name: str, pool: str) -> None:
        """Let a ticket wait again that a pool has taken; nothing where it has ended."""
        if self._taken.get(name) == pool:
            del self._taken[name]
            self._waiting.add(name)

    def end(self, name: str, pool: str) -> None:
        """All jobs of a ticket have ended."""
        if self._taken.get(name) == pool:
            del self._taken[name]
            self._ended.add(name)

    def forget(self, names: Sequence[str]) -> None:
        """Drop tickets, however they stand, and what was said of them."""
        for name in names:
            self._tickets.pop(name, None)
            self._waiting.discard(name)
            self._taken.pop(name, None)
            self._ended.discard(name)
            self._said.pop(name, None)

    def say(self, pool: str, name: str, line: str) -> None:
        """Leave word of a ticket; none is kept of one that is not under way."""
        if name in self._tickets:
            self._count += 1
            self._said.setdefault(name, []).append((self._count, Said(pool, line)))

    def hear_since(self, count: int) -> tuple[int, list[Said]]:
        """Return what was said after the first ``count`` words, and how many there were in all."""
        news = [one for said in self._said.values() for one in said if one[0] > count]
        return self._count, [said for _, said in sorted(news, key=lambda one: one[0])]

    def register(self, pool: str, about: Mapping[str, Any]) -> None:
        """A pool has begun."""
        self._pools[pool] = {**about, "beat": 0}

    def pools(self) -> dict[str, dict[str, Any]]:
        """Return what the registered pools have said about themselves, with their last `beat`."""
        return {name: dict(about) for name, about in self._pools.items()}

    def beat(self, pool: str, count: int) -> None:
        """A pool is alive: its count has grown."""
        if pool in self._pools:
            self._pools[pool]["beat"] = count

    def revoke(self, pool: str) -> None:
        """A pool is given up."""
        self._revoked.add(pool)
        self._pools.pop(pool, None)

    def is_revoked(self, pool: str) -> bool:
        """Tell whether a pool must stop."""
        return pool in self._revoked
