"""What the executor of clusters decides, with an engine that does as it is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import EngineError
from specbench.jobs.ticket import Ticket
from specbench.scheduler.cluster.engine import Allocation
from specbench.scheduler.cluster.executor import ClusterExecutor
from specbench.scheduler.cluster.folder import FolderMailbox
from specbench.scheduler.cluster.mailbox import Mailbox, Name, name_of
from specbench.scheduler.cluster.memory import MemoryMailbox
from specbench.scheduler.executor import Event
from specbench.spec.executor import ExecutorSection

ALL = {letter * 20 for letter in "abcdef"}


class Told:
    """An engine whose allocations are set by the test."""

    name = "told"

    def __init__(self) -> None:
        self.there: dict[str, Allocation] | None = {}
        self.asked: list[int] = []
        self.ended: list[str] = []

    def start(self, count: int) -> None:
        self.asked.append(count)

    def allocations(self) -> dict[str, Allocation] | None:
        return None if self.there is None else dict(self.there)

    def end(self, name: str) -> None:
        self.ended.append(name)

    def cancel(self) -> None:
        self.there = {}

    def close(self) -> None: ...

    def last_words(self) -> str:
        return "no module named specbench"


class InMemory(MemoryMailbox):
    """Ray's mailbox without Ray."""

    heard = 0

    def hear(self) -> Any:
        self.heard, said = self.hear_since(self.heard)
        return said


class Scene:
    """An executor, its mailbox, its engine, and a clock that moves when it waits."""

    def __init__(self, mailbox: Mailbox, **settings: Any) -> None:
        self.now = 0.0
        self.mailbox, self.engine = mailbox, Told()
        told = {"allocations": 4, "slots": 2, "pack_minutes": 10, "lost_seconds": 60.0, **settings}
        self.executor = self.again(ExecutorSection.model_validate(told))

    def again(self, settings: ExecutorSection) -> ClusterExecutor:
        self.settings = settings
        times: Any = {"clock": lambda: self.now, "sleep": self.sleep}
        return ClusterExecutor(self.mailbox, self.engine, settings, **times)

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.01)

    def wait(self, seconds: float) -> list[Event]:
        until, found = self.now + seconds, []
        while self.now < until:
            event = self.executor.next(1.0)
            found += [event] if event else []
        return found

    def pool(self, allocation: str, beat: int = 1) -> str:
        """Register a pool that runs in an allocation."""
        about = {"allocation": allocation, "host": f"host{allocation}", "slots": 2}
        assert self.engine.there is not None
        self.engine.there[allocation] = Allocation(allocation, "running")
        self.mailbox.register(f"{allocation}.x", about)
        self.mailbox.beat(f"{allocation}.x", beat)
        return f"{allocation}.x"

    def take(self, pool: str) -> str:
        name = self.mailbox.waiting()[0]
        assert self.mailbox.take(name, pool) is not None
        return name

    def say(self, pool: str, name: str, key: str, word: str, **details: Any) -> None:
        said = {"name": name, "key": key, "event": word, "details": details}
        self.mailbox.say(pool, name, json.dumps(said))


def ticket(letter: str, seconds: float = 60.0, also: tuple[Ticket, ...] = ()) -> Ticket:
    return Ticket(letter * 20, "network", {}, {}, "/nowhere", also, seconds=seconds)


@pytest.fixture(params=["folder", "memory"])
def mailbox(request: Any, tmp_path: Path) -> Mailbox:
    return FolderMailbox(tmp_path) if request.param == "folder" else InMemory()


@pytest.fixture
def scene(mailbox: Mailbox) -> Scene:
    return Scene(mailbox)


@pytest.mark.parametrize(
    ("minutes", "tickets", "allocations"),
    [(5, 8, 1), (30, 8, 2), (1000, 8, 4), (1000, 3, 2), (1000, 1, 1)],
    ids=[
        "small jobs share one",
        "as much as it is worth",
        "at most",
        "no more than tickets",
        "one",
    ],
)
def test_allocations_are_as_many_as_the_work_is_worth(
    scene: Scene, minutes: int, tickets: int, allocations: int
) -> None:
    scene.executor.expect(60.0 * minutes)
    for letter in "abcdef12"[:tickets]:
        scene.executor.submit(ticket(letter), True)
    scene.wait(20)
    assert scene.engine.asked[0] == allocations


def test_an_engine_that_does_not_answer_is_asked_for_nothing(scene: Scene) -> None:
    scene.engine.there = None
    scene.executor.submit(ticket("a"), True)
    scene.wait(30)
    assert scene.engine.asked == []


def test_tickets_queue_up_beyond_the_slots_and_no_further(scene: Scene) -> None:
    count = 0
    while scene.executor.free(True):
        scene.executor.submit(ticket(f"{count % 10}"), True)
        count += 1
    assert count == 4 * 2 * 2, "one for each of the slots, and one more each"


def test_what_a_lost_allocation_had_taken_waits_again(scene: Scene) -> None:
    scene.executor.submit(ticket("a"), True)
    name = scene.take(scene.pool("1"))
    scene.wait(6)
    scene.engine.there = {}
    events = scene.wait(12)
    assert scene.mailbox.waiting() == [name]
    assert "allocation 1 on host1 was lost; it goes on" in events[0].details["said"]
    assert scene.mailbox.is_revoked("1.x"), "should it be alive after all, it must stop"


def test_an_allocation_that_falls_silent_is_ended_and_replaced(scene: Scene) -> None:
    scene.executor.submit(ticket("a"), True)
    scene.take(scene.pool("1"))
    scene.wait(30)
    scene.mailbox.beat("1.x", 2)
    scene.wait(50)
    assert scene.engine.ended == [], "its last beat is not old enough"
    scene.wait(30)
    assert scene.engine.ended == ["1"]
    assert len(scene.mailbox.waiting()) == 1


def test_a_job_that_loses_one_allocation_after_another_fails(mailbox: Mailbox) -> None:
    scene = Scene(mailbox, requeues=2)
    rider = ticket("b")
    scene.executor.submit(ticket("a", also=(rider,)), True)
    events: list[Event] = []
    for number in "123":
        scene.take(scene.pool(number))
        events += scene.wait(6)
        scene.engine.there = {}
        events += scene.wait(6)
    assert [(e.key[0], e.word) for e in events][-1] == ("a", "failed")
    assert "as were 2 before it" in events[-1].details["error"]
    assert scene.mailbox.posted().names == set()
    assert scene.executor.free(True)


def test_allocations_that_end_before_they_take_a_job_stop_the_run(scene: Scene) -> None:
    scene.executor.submit(ticket("a"), True)

    def go_on() -> None:
        for number in "1234":
            scene.engine.there = {number: Allocation(number, "running")}
            scene.wait(6)
            scene.engine.there = {}
            scene.wait(6)

    with pytest.raises(EngineError, match=r"3 allocations ended .* no module named specbench"):
        go_on()


def test_jobs_that_were_cancelled_by_others_stop_the_run(scene: Scene) -> None:
    scene.executor.submit(ticket("a"), True)
    scene.mailbox.forget(sorted(scene.mailbox.posted().names))
    with pytest.raises(EngineError, match="cancelled meanwhile"):
        scene.wait(30)


def test_the_next_scheduler_hears_what_was_said_while_there_was_none(scene: Scene) -> None:
    both = ticket("a", also=(ticket("b"),))
    for one in (both, ticket("c"), ticket("d")):
        scene.executor.submit(one, True)
    pool = scene.pool("1")
    first, second = scene.take(pool), scene.take(pool)
    scene.say(pool, first, "a" * 20, "done", seconds=1.0)
    assert [event.key[0] for event in scene.wait(2)] == ["a"]
    scene.executor.leave()
    scene.say(pool, first, "b" * 20, "done", seconds=1.0)
    scene.mailbox.end(first, pool)
    scene.say(pool, second, "c" * 20, "failed", error="as it was")
    scene.mailbox.end(second, pool)
    if isinstance(scene.mailbox, FolderMailbox):
        scene.mailbox = FolderMailbox(scene.mailbox.root)
    else:
        scene.mailbox.heard = 0  # type: ignore[attr-defined]
    scene.executor = scene.again(scene.settings)
    assert {t.key[0] for t in scene.executor.adopt(ALL)} == {"a", "c", "d"}
    ends = [(e.key[0], e.word) for e in scene.wait(2)]
    assert ends == [("a", "done"), ("b", "done"), ("c", "failed")]
    assert [Name.parse(n).key[0] for n in scene.mailbox.posted().names] == ["d"]
    scene.executor.submit(ticket("e"), True)
    assert [Name.parse(n).key[0] for n in scene.mailbox.waiting()] == ["d", "e"], "in their order"


def test_what_another_study_has_left_is_not_touched(scene: Scene) -> None:
    scene.executor.submit(ticket("a"), True)
    other = scene.take(scene.pool("1"))
    scene.executor.leave()
    scene.executor = scene.again(scene.settings)
    assert scene.executor.adopt({"b" * 20}) == []
    scene.executor.submit(ticket("b"), True)
    scene.executor.close()
    assert scene.mailbox.waiting() == [other], "ours is dropped, and that of the other waits again"


def test_words_about_tickets_of_another_life_are_passed_over(scene: Scene) -> None:
    scene.executor.submit(ticket("a"), True)
    pool = scene.pool("1")
    scene.say(pool, name_of(1, True, 0, "a" * 20, "before"), "a" * 20, "failed", error="old")
    assert scene.wait(2) == []


def test_a_ticket_is_taken_once(mailbox: Mailbox) -> None:
    mailbox.post("1-d-0-x-y", "text")
    taken = [mailbox.take("1-d-0-x-y", pool) for pool in ("one", "two")]
    assert taken == ["text", None]
    mailbox.put_back("1-d-0-x-y", "two")
    assert mailbox.posted().taken == {"1-d-0-x-y": "one"}, "only its taker can put it back"
    mailbox.put_back("1-d-0-x-y", "one")
    assert mailbox.take("1-d-0-x-y", "two") == "text"
    mailbox.end("1-d-0-x-y", "two")
    mailbox.put_back("1-d-0-x-y", "two")
    assert mailbox.posted().ended == {"1-d-0-x-y"}
    assert mailbox.ticket("1-d-0-x-y") == "text"
    mailbox.forget(["1-d-0-x-y"])
    assert mailbox.ticket("1-d-0-x-y") is None


def test_a_line_that_is_cut_off_is_heard_when_it_is_whole(tmp_path: Path) -> None:
    mailbox = FolderMailbox(tmp_path)
    with (tmp_path / "events" / "p.jsonl").open("ab", buffering=0) as file:
        file.write(b'{"one": 1}\n{"tw')
        assert [said.line for said in mailbox.hear()] == ['{"one": 1}']
        file.write(b'o": 2}\n')
        assert [said.line for said in mailbox.hear()] == ['{"two": 2}']
