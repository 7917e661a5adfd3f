"""The loop of a run: hands out jobs whose needs are done, and takes in how they end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from specbench.jobs.ticket import Ticket
from specbench.plan.jobs import Job
from specbench.results import Results
from specbench.scheduler.board import Board
from specbench.scheduler.display import Display
from specbench.scheduler.executor import Event, Executor
from specbench.scheduler.journal import Journal
from specbench.scheduler.order import Ready, Riders
from specbench.scheduler.sizes import Sizes
from specbench.scheduler.state import State

_WAIT = 0.25


class Loop:
    """Runs what a board says is waiting.

    ``changed(key)`` hears of every job whose state has changed, ``update()`` is called about four
    times a second.
    """

    def __init__(
        self,
        board: Board,
        results: Results,
        executor: Executor,
        journal: Journal,
        display: Display,
        changed: Callable[[str], None],
        update: Callable[[], None],
        sizes: Sizes | None = None,
    ) -> None:
        self._board, self._results = board, results
        self._executor, self._journal, self._display = executor, journal, display
        self._changed, self._update = changed, update
        self._sizes = sizes or Sizes()
        self._jobs = {job.key: job for job in board.waiting()}
        self._missing = {key: self._needs(job) for key, job in self._jobs.items()}
        self._users: dict[str, list[str]] = {key: [] for key in self._jobs}
        self._ready = Ready()
        for key, needs in self._missing.items():
            for need in needs:
                self._users[need].append(key)
            if not needs:
                self._ready.push(self._jobs[key])
        self._riders = Riders(self._jobs)
        self._led: dict[str, list[Job]] = {}  # by the first job of a ticket, those that ride along
        self._running: set[str] = set()

    def run(self, fail_fast: bool) -> int:
        """Run until nothing is left that can; return the number of jobs run to their end."""
        ran = 0
        self._adopt()
        self._executor.expect(sum(map(self._sizes.seconds, self._jobs.values())))
        while self._ready or self._running:
            self._start()
            event = self._executor.next(_WAIT)
            if event is not None and event.key in self._running:
                self._display.event(event)
                self._placed(event)
                if event.word in ("done", "failed"):
                    ran += 1
                    self._ended(event)
                if event.word == "failed" and fail_fast:
                    break
            self._display.where = self._executor.describe()
            self._display.tick()
            self._update()
        for key in self._board.block():
            self._changed(key)
        return ran

    def _adopt(self) -> None:
        """Take the jobs as begun that an earlier scheduler has left with the executor."""
        for ticket in self._executor.adopt(self._jobs):
            for head in ticket.heads:
                riders = [self._jobs[rider.key] for rider in head.also if rider.key in self._jobs]
                self._led[head.key] = riders
            for key in ticket.keys:
                if key in self._jobs and self._board.has(key, State.WAITING):
                    self._running.add(key)
                    self._board.adopted(key)
                    self._display.started(self._jobs[key], queued=True)
                    self._changed(key)

    def _placed(self, event: Event) -> None:
        """Write down where a job runs, once that is known."""
        place = event.details.get("place")
        if place and event.word == "started":
            self._journal.write("placed", event.key, **place)
            self._board.placed(event.key, place["host"])
            self._changed(event.key)

    def _needs(self, job: Job) -> set[str]:
        """Return the jobs of this run that a job waits for."""
        board = self._board
        return {n for n in job.needs if n in self._jobs and not board.has(n, State.DONE)}

    def _start(self) -> None:
        for on_device in (False, True):  # data and constants first: others wait for them
            while self._ready.has(on_device) and self._executor.free(on_device):
                job = self._ready.pop(on_device)
                if not self._board.has(job.key, State.WAITING):
                    continue  # it rode along with another
                more = self._executor.side_by_side - 1 if on_device else 0
                beside = self._ready.pop_beside(job, more) if more else []
                ticket, *others = [self._begun(each) for each in (job, *beside)]
                self._executor.submit(replace(ticket, beside=tuple(others)), on_device)

    def _begun(self, job: Job) -> Ticket:
        """Write down that a job begins, and those that ride along with it; return its ticket."""
        riders = [rider for rider in self._riders.of(job) if self._can_ride(rider, job)]
        self._led[job.key] = riders
        for begun in (job, *riders):
            self._begin(begun)
        return self._ticket(job, riders)

    def _can_ride(self, rider: Job, job: Job) -> bool:
        """Tell whether a job waits, and for nothing but ``job``."""
        return self._board.has(rider.key, State.WAITING) and self._missing[rider.key] <= {job.key}

    def _ticket(self, job: Job, riders: Sequence[Job] = ()) -> Ticket:
        root, also = str(self._results.root), tuple(self._ticket(rider) for rider in riders)
        seconds = self._sizes.seconds(job)
        return Ticket(
            job.key, job.kind.value, job.content, job.where, root, also, (), job.needs, seconds
        )

    def _begin(self, job: Job) -> None:
        self._running.add(job.key)
        self._journal.write("started", job.key, reason=self._board.standing[job.key].reason)
        self._board.began(job.key)
        self._display.started(job, queued=self._executor.queues)
        self._changed(job.key)

    def _ended(self, event: Event) -> None:
        self._running.discard(event.key)
        if event.word == "done":
            self._sizes.ended(self._jobs[event.key], event.details.get("seconds", 0.0))
            self._journal.write("done", event.key)
            self._board.done(event.key)
            for user in self._users[event.key]:
                self._missing[user].discard(event.key)
                if not self._missing[user] and self._board.has(user, State.WAITING):
                    self._ready.push(self._jobs[user])
        else:
            error = str(event.details.get("error", ""))
            self._journal.write("failed", event.key, error=error)
            self._board.failed(event.key, error)
            self._release(event.key)
        self._led.pop(event.key, None)
        self._changed(event.key)

    def _release(self, key: str) -> None:
        """Let those wait again that rode along with a job and were not begun, since it failed."""
        for rider in self._led.get(key, ()):
            if rider.key in self._running:
                self._running.discard(rider.key)
                self._board.released(rider.key)
                self._display.released(rider)
                if not self._missing[rider.key]:
                    self._ready.push(rider)
