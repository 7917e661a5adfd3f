"""The executor of clusters: posts tickets, asks for allocations that take them, hears events."""

from __future__ import annotations

import json
import math
import time
import uuid
from collections import deque
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass

from specbench.errors import EngineError
from specbench.jobs.ticket import Ticket
from specbench.scheduler.cluster.carrier import Carrier
from specbench.scheduler.cluster.engine import Allocation, Engine
from specbench.scheduler.cluster.mailbox import Mailbox, Name, name_of
from specbench.scheduler.cluster.pool import belonging, give_up
from specbench.scheduler.executor import Event
from specbench.spec.executor import ExecutorSection

_HEAR = 0.2
_ASK = 5.0
"""Seconds between questions to the engine, which asks a service that others use too."""
_MOST_BARREN = 3
"""Allocations in a row that may end before they take a job: something is wrong with all of them."""


@dataclass
class _Out:
    """A ticket under way."""

    ticket: Ticket
    left: set[str]
    """Keys of its jobs that have not ended."""
    lost: int = 0
    missing: int = 0
    """How often in a row it was not to be seen in the mailbox."""


class ClusterExecutor:
    """Runs tickets in allocations of an engine; keeps the contract of ``LocalExecutor``.

    Tickets wait in a mailbox, whence the pools of the allocations take them, so the scheduler may
    go away and come back: see ``adopt`` and ``leave``. A ticket whose allocation is lost goes to
    another and goes on from its last checkpoint; after ``requeues`` losses its jobs fail.

    There are as many allocations as the work is worth, see ``ExecutorSection.pack_minutes``, and at
    most ``allocations``.
    """

    queues = True

    def __init__(
        self,
        mailbox: Mailbox,
        engine: Engine,
        settings: ExecutorSection,
        side_by_side: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        ask: float = _ASK,
        carrier: Carrier | None = None,
    ) -> None:
        self.side_by_side = side_by_side
        self._carrier = carrier
        self.left = False
        """Whether jobs go on without this process."""
        self._mailbox, self._engine, self._settings = mailbox, engine, settings
        self._clock, self._sleep, self.ask_every = clock, sleep, ask
        slots = settings.allocations * settings.slots
        self._most = math.ceil(slots * (1 + settings.ahead))
        self._out: dict[str, _Out] = {}  # by name
        self._events: deque[Event] = deque()
        self._expected = 0.0  # seconds of work not done yet, as far as anybody knows
        self._number = 0
        self._heard = self._asked = self._grown = -math.inf
        self._allocations: Mapping[str, Allocation] | None = None  # until the engine answers
        self._started = 0  # allocations asked for since the engine was last asked
        self._seen: set[str] = set()  # allocations whose pool was heard of
        self._barren = 0  # allocations in a row that ended before their pool was heard of
        self._beats: dict[str, tuple[int, float]] = {}  # by pool: last beat, and when it was new

    def free(self, on_device: bool) -> bool:
        """Tell whether a ticket would have a slot, or a place in the queue before one."""
        return len(self._out) < self._most

    def expect(self, seconds: float) -> None:
        """Hear how much work there will be in all, in estimated seconds on one slot."""
        self._expected = seconds

    def submit(self, ticket: Ticket, on_device: bool) -> None:
        """Let a ticket wait for a pool."""
        if self._carrier is not None:
            self._carrier.provide(ticket)
        self._number += 1
        seconds = sum(job.seconds for job in ticket.jobs)
        name = name_of(self._number, on_device, seconds, ticket.key, uuid.uuid4().hex[:6])
        self._mailbox.post(name, ticket.line())
        self._out[name] = _Out(ticket, set(ticket.keys))

    def adopt(self, keys: Container[str]) -> list[Ticket]:
        """Take over what an earlier scheduler has left; what has ended meanwhile becomes events.

        Tickets of another study in the same folder stay as they are, for its own next run.
        """
        for name in sorted(self._mailbox.posted().names):
            with suppress(TypeError, ValueError, KeyError):  # forgotten meanwhile, or not ours
                ticket = Ticket.parse(self._mailbox.ticket(name) or "")
                self._number = max(self._number, Name.parse(name).number)
                if any(key in keys for key in ticket.keys):
                    self._out[name] = _Out(ticket, set(ticket.keys))
        return [out.ticket for out in self._out.values()]

    def next(self, timeout: float) -> Event | None:
        """Return the next event, or None after ``timeout`` seconds without one."""
        until = self._clock() + timeout
        while not self._events:
            now = self._clock()
            if now - self._heard >= _HEAR:
                self._heard = now
                self._hear()
            if self._out and now - self._asked >= self.ask_every:
                self._asked = now
                self._look(now)
            if self._out:
                self._grow(now)
            if self._events or self._clock() >= until:
                break
            self._sleep(min(_HEAR / 4, max(0.0, until - self._clock())))
        return self._events.popleft() if self._events else None

    def close(self) -> None:
        """End everything that is under way; allocations without work end by themselves."""
        if self._out:
            self.cancel()

    def leave(self) -> None:
        """Let what is queued and running go on without this process."""
        self.left = bool(self._out)
        self._out.clear()

    def cancel(self) -> None:
        """End all allocations and drop our tickets; those of others wait again."""
        self._engine.cancel()
        for pool in self._mailbox.pools():
            give_up(self._mailbox, pool)
        self._mailbox.forget(sorted(self._out))
        self._out.clear()

    def describe(self) -> str:
        """Return how the allocations stand, in a line for a person."""
        return describe(self._engine.name, self._allocations or {})

    def _hear(self) -> None:
        over: list[str] = []
        for said in self._mailbox.hear():
            with suppress(ValueError, KeyError, TypeError):
                message = json.loads(said.line)
                out = self._out.get(message["name"])
                if out is None or message["key"] not in out.left:
                    continue
                event = Event(message["key"], message["event"], message["details"])
                if self._carrier is not None and event.word in ("done", "failed"):
                    self._carrier.collect(event.key, event.word == "done")
                self._events.append(event)
                if event.word in ("done", "failed"):
                    self._ended(out, event)
                    if not out.left:
                        over.append(message["name"])
                        del self._out[message["name"]]
        if over:
            self._mailbox.forget(over)

    def _ended(self, out: _Out, event: Event) -> None:
        gone = {event.key}
        if event.word == "failed":
            gone |= belonging(out.ticket, event.key)
        out.left -= gone
        self._expected -= sum(job.seconds for job in out.ticket.jobs if job.key in gone)

    def _look(self, now: float) -> None:
        """Ask the engine how its allocations stand, and give up pools that are lost."""
        pools = self._mailbox.pools()  # before the engine is asked: what is registered was running
        found = self._engine.allocations()
        if found is not None:
            self._count_barren(found, {str(about["allocation"]) for about in pools.values()})
        for pool, about in pools.items():
            beat, since = self._beats.get(pool, (-1, now))
            if about["beat"] != beat:
                beat, since = about["beat"], now
            self._beats[pool] = (beat, since)
            gone = found is not None and about["allocation"] not in found
            silent = now - since > self._settings.lost_seconds
            if gone or silent:
                self._lose(give_up(self._mailbox, pool), about)
            if silent and found and found.pop(about["allocation"], None) is not None:
                self._engine.end(about["allocation"])
        if found is not None:
            self._allocations, self._started = found, 0
        self._miss(set(pools))

    def _count_barren(self, found: Mapping[str, Allocation], heard_of: set[str]) -> None:
        """Stop where allocations end, one after another, before they have taken any job."""
        self._seen |= heard_of
        ended = set(self._allocations or {}) - set(found)
        self._barren = 0 if heard_of else self._barren + len(ended - self._seen)
        if self._barren >= _MOST_BARREN and not found:
            raise EngineError(
                f"{self._barren} allocations ended before they took a job",
                f"the last one said: {self._engine.last_words() or 'nothing'}",
            )

    def _miss(self, pools: set[str]) -> None:
        """Put tickets back whose pool is not known any more, and post those again that are gone."""
        posted = self._mailbox.posted()
        for name, pool in posted.taken.items():
            if name in self._out and pool not in pools:
                self._mailbox.put_back(name, pool)
        names = posted.names
        for name, out in self._out.items():
            out.missing = 0 if name in names else out.missing + 1
        gone = [name for name, out in self._out.items() if out.missing > 2]
        if gone:
            raise EngineError(
                f"{len(gone)} jobs are not in the queue any more: cancelled meanwhile",
                "run again to have them done",
            )

    def _lose(self, names: list[str], about: Mapping[str, object]) -> None:
        """Count the losses of tickets; those that were lost too often fail."""
        for name in names:
            out = self._out.get(name)
            if out is None:
                continue
            out.lost += 1
            where = f"allocation {about['allocation']} on {about['host']}"
            if out.lost > self._settings.requeues:
                error = f"{where} was lost, as were {out.lost - 1} before it, while it ran"
                heads = [head.key for head in out.ticket.heads if head.key in out.left]
                for key in heads or sorted(out.left):
                    self._events.append(Event(key, "failed", {"error": error, "died": True}))
                self._mailbox.forget([name])
                del self._out[name]
            else:
                said = f"{where} was lost; it goes on in another from its last checkpoint"
                self._events.append(Event(out.ticket.key, "progress", {"said": said}))

    def _grow(self, now: float) -> None:
        """Ask for further allocations where the work is worth them."""
        if now - self._grown < 1.0 or self._allocations is None:
            return
        self._grown = now
        missing = self._wanted() - len(self._allocations) - self._started
        if missing > 0:
            self._engine.start(missing)
            self._started += missing

    def _wanted(self) -> int:
        """Return how many allocations the work under way and to come is worth."""
        settings = self._settings
        each = 60 * settings.pack_minutes
        worth = self._expected / each if each else math.inf
        slots = max(1.0, min(float(len(self._out)), worth))
        return min(settings.allocations, math.ceil(slots / settings.slots))


def describe(engine: str, allocations: Mapping[str, Allocation]) -> str:
    """Return how allocations stand, in a line for a person."""
    states = [each.state for each in allocations.values()]
    nodes = sorted({each.node for each in allocations.values() if each.node})
    waits = sorted({each.reason for each in allocations.values() if each.state == "queued"} - {""})
    return (
        f"{engine}: {states.count('running')} allocations running"
        + (f" on {', '.join(nodes[:4])}{' …' if len(nodes) > 4 else ''}" if nodes else "")
        + f", {states.count('queued')} queued"
        + (f" ({', '.join(waits[:2])})" if waits else "")
    )
