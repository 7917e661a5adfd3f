"""The pool of an allocation: what it takes, what it says, what it leaves."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from specbench.jobs.ticket import Ticket
from specbench.scheduler.cluster.folder import FolderMailbox
from specbench.scheduler.cluster.mailbox import name_of
from specbench.scheduler.cluster.pool import Pool, PoolSettings
from specbench.scheduler.cluster.slots import slots_of
from specbench.scheduler.devices import Slot
from specbench.scheduler.executor import Event


class Slots:
    """An executor of slots that the test speaks for."""

    def __init__(self, *arguments: Any) -> None:
        self.tickets: list[Ticket] = []
        self.events: list[Event] = []
        self.room = 2

    def free(self, on_device: bool) -> bool:
        return len(self.tickets) < self.room

    def submit(self, ticket: Ticket, on_device: bool) -> None:
        self.tickets.append(ticket)

    def next(self, timeout: float) -> Event | None:
        time.sleep(0.01)
        return self.events.pop(0) if self.events else None

    def processes(self) -> list[int]:
        return []

    def close(self) -> None: ...


@pytest.fixture
def mailbox(tmp_path: Path) -> FolderMailbox:
    return FolderMailbox(tmp_path)


@pytest.fixture
def pool_of(mailbox: FolderMailbox, monkeypatch: Any) -> Any:
    monkeypatch.setattr("specbench.scheduler.cluster.pool.LocalExecutor", Slots)
    monkeypatch.setattr("specbench.scheduler.cluster.pool._BEAT", 0.05)
    monkeypatch.setattr("specbench.scheduler.cluster.pool._GRACE", 0.2)

    def make(seconds: float | None = None, idle: float = 0.1) -> Any:
        return Pool(mailbox, "7", PoolSettings([Slot("cpu")], idle, seconds=seconds))

    return make


def post(mailbox: FolderMailbox, number: int, seconds: float = 10.0) -> str:
    key = f"{number:020x}"
    name = name_of(number, False, seconds, key, "m")
    mailbox.post(name, Ticket(key, "rooms", {}, {}, "/nowhere").line())
    return name


def said(mailbox: FolderMailbox) -> list[str]:
    return [json.loads(one.line)["event"] for one in mailbox.hear()]


def test_a_pool_without_work_ends_and_is_not_missed(mailbox: FolderMailbox, pool_of: Any) -> None:
    pool_of().run()
    assert mailbox.pools() == {}


def test_a_job_that_would_outlast_the_allocation_is_left_to_a_fresh_one(
    mailbox: FolderMailbox, pool_of: Any
) -> None:
    long, short, endless = post(mailbox, 1, 70.0), post(mailbox, 2, 1.0), post(mailbox, 3, 500.0)
    pool = pool_of(seconds=100.0)
    pool._began -= 50
    pool._looked = 0.0
    pool._fill()
    assert set(mailbox.posted().taken) == {short, endless}, "endless fits into no allocation"
    assert mailbox.waiting() == [long]


def test_a_revoked_pool_stops_and_hands_back(mailbox: FolderMailbox, pool_of: Any) -> None:
    name, pool = post(mailbox, 1), pool_of(idle=60.0)
    happened = pool._happened
    pool._executor.events = [Event(f"{1:020x}", "started", {})]

    def revoking(event: Event) -> None:
        happened(event)
        mailbox.revoke(pool.name)

    pool._looked, pool._happened = 0.0, revoking
    pool.run()
    assert mailbox.waiting() == [name]


def test_a_new_start_of_an_allocation_frees_what_the_old_one_had(
    mailbox: FolderMailbox, pool_of: Any
) -> None:
    name, old, new = post(mailbox, 1), pool_of(), pool_of()
    old._register()
    mailbox.take(name, old.name)
    new._register()
    assert mailbox.waiting() == [name]
    assert mailbox.is_revoked(old.name)
    assert set(mailbox.pools()) == {new.name}


def test_a_worker_that_dies_with_its_allocation_blames_nobody(
    mailbox: FolderMailbox, pool_of: Any
) -> None:
    name, pool = post(mailbox, 1), pool_of()
    pool._looked = 0.0
    pool._fill()
    pool._happened(Event(f"{1:020x}", "failed", {"error": "signal 15", "died": True}))
    pool._tell_deaths()
    pool.abandon()
    assert said(mailbox) == []
    assert mailbox.waiting() == [name]
    pool._looked = 0.0
    pool._fill()
    pool._happened(Event(f"{1:020x}", "failed", {"error": "signal 9", "died": True}))
    time.sleep(0.25)
    pool._tell_deaths()
    assert said(mailbox) == ["failed"], "where the allocation lives on, it was the job"


def test_slots_are_on_the_gpus_that_the_allocation_was_given(monkeypatch: Any) -> None:
    assert slots_of(3, 0) == [Slot("cpu")] * 3
    monkeypatch.setattr("specbench.scheduler.cluster.slots.visible_gpus", lambda: ["4", "5"])
    on_gpus = [slot.index for slot in slots_of(4, 0.5) if slot.device == "cuda"]
    assert on_gpus == ["4", "4", "5", "5"]
    monkeypatch.setattr("specbench.scheduler.cluster.slots.visible_gpus", list)
    with pytest.raises(Exception, match="no GPU that can be seen"):
        slots_of(1, 1)
