"""The pool of an allocation: worker processes that take tickets from a mailbox until none is left.

It runs on a node, starts light, and holds no state that matters: whatever kills it, its tickets
wait again for others, and what they have on disk (checkpoints, finished folders) stays.
"""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from specbench.jobs.ticket import Ticket
from specbench.scheduler.cluster.mailbox import Mailbox, Name
from specbench.scheduler.cluster.sending import AtHand, Sending
from specbench.scheduler.devices import Slot
from specbench.scheduler.executor import Event
from specbench.scheduler.local import LocalExecutor

_WAIT = 0.1
"""Seconds between looks at the mailbox, while there is something in it; ten times as long else."""
_BEAT = 2.0
_GRACE = 3.0
"""How long the death of a worker process is kept back: what kills it may be about to kill the
allocation, and then the job is not to blame and goes on elsewhere."""
_PROGRESS = 2.0
"""Least seconds between two words of progress of one job."""
_WHOLE = 0.8
"""Part of an allocation's time that a job may be expected to take to wait for a fresh one."""


@dataclass(frozen=True)
class PoolSettings:
    """How a pool works."""

    slots: Sequence[Slot]
    idle: float
    """Seconds without a ticket after which it ends."""
    limit: float | None = None
    """Seconds after which a job is killed."""
    side_by_side: int = 1
    seconds: float | None = None
    """How long the allocation lasts; None without a limit."""


class Pool:
    """Takes tickets, runs them on its slots, says what happens.

    ``allocation`` is what the engine calls it; the pool's own name is new at every start, so that
    one that was given up is never taken for its successor.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        allocation: str,
        settings: PoolSettings,
        sending: Sending | None = None,
    ) -> None:
        self.name = f"{allocation}.{uuid.uuid4().hex[:6]}"
        self._mailbox, self._settings = mailbox, settings
        self._allocation, self._host = allocation, platform.node()
        self._sending = sending or AtHand()
        self._executor = LocalExecutor(settings.slots, settings.limit, settings.side_by_side)
        self._mine: dict[str, Ticket] = {}  # by name
        self._left: dict[str, set[str]] = {}  # by name: keys of the jobs that have not ended
        self._name_of: dict[str, str] = {}  # by key
        self._deaths: list[tuple[float, Event]] = []
        self._told: dict[str, float] = {}  # by key: when progress was last told
        self._began = self._busy = self._looked = time.monotonic()
        self._beaten = 0.0
        self._beats = 0

    def run(self) -> None:
        """Work until there is nothing to do, or the pool is revoked."""
        self._register()
        try:
            while not self._is_over():
                self._beat()
                self._fill()
                event = self._executor.next(_WAIT)
                if event is not None:
                    self._happened(event)
                self._tell_deaths()
                self._sending.tick(self._mine.values())
        finally:
            for name in list(self._mine):
                self._mailbox.put_back(name, self.name)
            self._executor.close()
            self._mailbox.revoke(self.name)

    def abandon(self) -> None:
        """Hand back what is under way and kill the workers, at once and without waiting.

        For handlers of signals: takes no lock that the interrupted code may hold.
        """
        for process in self._executor.processes():
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        for name in list(self._mine):
            self._mailbox.put_back(name, self.name)

    def _register(self) -> None:
        """Make itself known, and free what an earlier start of the same allocation had taken."""
        for pool, about in self._mailbox.pools().items():
            if about["allocation"] == self._allocation:
                give_up(self._mailbox, pool)
        about = {
            "allocation": self._allocation,
            "host": self._host,
            "slots": len(self._settings.slots),
            "since": time.time(),
        }
        self._mailbox.register(self.name, about)

    def _is_over(self) -> bool:
        idle = not self._mine and time.monotonic() - self._busy > self._settings.idle
        return idle or (self._beaten > 0 and self._is_revoked())

    def _is_revoked(self) -> bool:
        """Ask, as often as the pool says that it is alive."""
        due = time.monotonic() - self._beaten >= _BEAT
        return due and self._mailbox.is_revoked(self.name)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= _BEAT:
            self._beaten = now
            self._beats += 1
            self._mailbox.beat(self.name, self._beats)

    def _fill(self) -> None:
        """Give every idle slot a ticket, as long as there are any."""
        free = [d for d in (False, True) if self._executor.free(d)]
        quiet = time.monotonic() - self._busy > 10 * _WAIT
        if not free or time.monotonic() - self._looked < (10 * _WAIT if quiet else _WAIT):
            return
        self._looked = time.monotonic()
        for name in self._mailbox.waiting():
            on_device = Name.parse(name).on_device
            if not self._executor.free(on_device) or not self._fits(Name.parse(name).seconds):
                continue
            line = self._mailbox.take(name, self.name)
            if line is not None:
                self._start(name, Ticket.parse(line), on_device)

    def _fits(self, seconds: float) -> bool:
        """Tell whether a job can be expected to end before the allocation does.

        One that needs more than a whole allocation is begun anyway, and goes on in another.
        """
        whole = self._settings.seconds
        if whole is None or seconds > _WHOLE * whole:
            return True
        return seconds <= whole - (time.monotonic() - self._began)

    def _start(self, name: str, ticket: Ticket, on_device: bool) -> None:
        ticket = self._sending.fetch(ticket)
        self._busy = time.monotonic()
        self._mine[name], self._left[name] = ticket, set(ticket.keys)
        self._name_of |= dict.fromkeys(ticket.keys, name)
        self._executor.submit(ticket, on_device)

    def _happened(self, event: Event) -> None:
        if event.details.get("died"):
            self._deaths.append((time.monotonic(), event))
            return
        self._tell(event)

    def _tell_deaths(self) -> None:
        """Tell of workers that have died, once it is clear that the allocation has not."""
        while self._deaths and time.monotonic() - self._deaths[0][0] > _GRACE:
            self._tell(self._deaths.pop(0)[1])

    def _tell(self, event: Event) -> None:
        name = self._name_of.get(event.key)
        if name is None:
            return
        now = time.monotonic()
        if event.word == "progress" and "said" not in event.details:
            self._sending.progressed(event.key)
            if now - self._told.get(event.key, 0.0) < _PROGRESS:
                return
            self._told[event.key] = now
        over = event.word in ("done", "failed")
        if over:
            self._sending.ended(event.key, event.word == "done")
        place = {"host": self._host, "allocation": self._allocation}
        details: dict[str, Any] = {**event.details, "place": place}
        said = {"name": name, "key": event.key, "event": event.word, "details": details}
        self._mailbox.say(self.name, name, json.dumps(said))
        if over:
            self._ended(name, event)

    def _ended(self, name: str, event: Event) -> None:
        """Take a job as ended, and where it has failed those that belong to it."""
        self._busy = time.monotonic()
        gone = {event.key}
        if event.word == "failed":
            gone |= belonging(self._mine[name], event.key)
        self._left[name] -= gone
        for key in gone:
            self._name_of.pop(key, None)
            self._told.pop(key, None)
        if not self._left[name]:
            self._mailbox.end(name, self.name)
            del self._mine[name], self._left[name]
            self._looked = -math.inf  # a slot is free: look at once


def belonging(ticket: Ticket, key: str) -> set[str]:
    """Return the jobs of a ticket that are not begun where the job ``key`` fails."""
    return {other.key for head in ticket.heads if head.key == key for other in head.also}


def give_up(mailbox: Mailbox, pool: str) -> list[str]:
    """Revoke a pool and let what it had taken wait again; return the names of that."""
    mailbox.revoke(pool)
    lost = [name for name, owner in mailbox.posted().taken.items() if owner == pool]
    for name in lost:
        mailbox.put_back(name, pool)
    return lost
