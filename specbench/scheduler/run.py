"""Runs a study: what is not done, in the order of needs, long jobs first, store and journal kept.

Two passes where the data is files: the first packs them, after which their fingerprints and so
the keys of the networks are known; the second does the rest.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from specbench.errors import ResultError
from specbench.jobs.ticket import Ticket
from specbench.plan.grid import Plan, expand
from specbench.plan.jobs import Job, Kind
from specbench.results import Results
from specbench.scheduler import journal as journals
from specbench.scheduler.display import Display
from specbench.scheduler.local import Event
from specbench.scheduler.records import changes_since, read_plan, read_study, write_study
from specbench.scheduler.state import Standing, State, standings
from specbench.spec.study import Study
from specbench.store.database import PrivateStore
from specbench.store.derived import fill_derived
from specbench.store.ingest import (
    forget_results,
    ingest_jobs,
    ingest_results,
    ingest_study,
    ingested_keys,
    job_states,
)

_WAIT = 0.25
_DATA_KINDS = (Kind.ROOMS, Kind.PACK, Kind.SELECT)


class Executor(Protocol):
    """What runs tickets; see ``LocalExecutor`` for the laws."""

    def free(self, on_device: bool) -> bool:
        """Tell whether a ticket can start now."""

    def submit(self, ticket: Ticket, on_device: bool) -> None:
        """Start a ticket."""

    def next(self, timeout: float) -> Event | None:
        """Return the next event, or None."""

    def close(self) -> None:
        """End everything."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: numbers of jobs by what became of them."""

    done: int
    ran: int
    failed: int
    blocked: int
    failures: tuple[tuple[str, str], ...] = ()
    """Key and error of failed jobs."""

    @property
    def ok(self) -> bool:
        """Whether every job of the study is done."""
        return not self.failed and not self.blocked


def run_study(
    study: Study,
    results: Results,
    start: Callable[[], Executor],
    display: Display,
    *,
    retry_failed: bool = False,
    fail_fast: bool = False,
) -> Outcome:
    """Run what the study lacks and bring the store up to date; the caller holds the lock.

    ``start`` makes the executor, called only if there is something to run. On an interrupt the
    workers end, what is done is published, and KeyboardInterrupt goes on to the caller.
    """
    results.tidy()
    store = PrivateStore(results)
    try:
        gone = ingested_keys(store.connection) - results.done()
        forget_results(store.connection, gone)
        store.changed = bool(gone)
        ran = 0
        while True:
            plan = expand(study, results)
            session = _Session(plan, results, store, display, retry_failed)
            ran += session.run(start, fail_fast)
            if not plan.provisional or session.stuck:
                return session.outcome(ran)
    finally:
        store.close()


@dataclass
class _Session:
    plan: Plan
    results: Results
    store: PrivateStore
    display: Display
    retry_failed: bool
    standing: dict[str, Standing] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)
    stuck: bool = False

    @property
    def name(self) -> str:
        return self.plan.study.name

    def run(self, start: Callable[[], Executor], fail_fast: bool) -> int:
        """Do what is missing; return the number of jobs that were run to their end."""
        self._survey()
        waiting = [job for job in self._jobs() if self._is(job.key, State.WAITING)]
        ran = 0
        if waiting:
            journal = journals.Journal(self.results.study(self.name))
            self.display.begin(self.plan, self.standing)
            executor = start()
            try:
                ran = self._loop(waiting, executor, journal, fail_fast)
            finally:
                executor.close()
                self._cut_short()
                journal.close()
                self.display.end()
                self._update(force=True)
        self._finish()
        return ran

    def outcome(self, ran: int) -> Outcome:
        """Return how the study stands."""
        states = [standing.state for standing in self.standing.values()]
        failures = tuple(
            (key, self.errors.get(key, ""))
            for key, standing in self.standing.items()
            if standing.state is State.FAILED
        )
        return Outcome(
            states.count(State.DONE), ran, len(failures), states.count(State.BLOCKED), failures
        )

    def _jobs(self) -> list[Job]:
        """Return the jobs of this pass: only data where the rest is not known yet."""
        jobs = self.plan.jobs.values()
        return [job for job in jobs if not self.plan.provisional or job.kind in _DATA_KINDS]

    def _is(self, key: str, state: State) -> bool:
        return self.standing[key].state is state

    def _survey(self) -> None:
        """Find out where every job stands; damaged results are moved away and done again."""
        folder = self.results.study(self.name)
        records = journals.read(folder)
        done = self._sound_results()
        changes = changes_since(self.plan, self.results)
        self.standing = standings(
            self.plan,
            self.results,
            records,
            done=done,
            retry_failed=self.retry_failed,
            changes=changes,
        )
        self.attempts = {key: record.attempts for key, record in records.items()}
        self.errors = {key: record.error for key, record in records.items() if record.error}
        if not self.plan.provisional:
            write_study(self.plan, self.results)
            record, plan = read_study(self.results, self.name), read_plan(self.results, self.name)
            if ingest_study(self.store.connection, record, plan):
                self.store.changed = True
                self._update(force=True)

    def _sound_results(self) -> set[str]:
        """Take in all finished jobs of the plan; return those whose results can be read."""
        done = self.results.done() & set(self.plan.jobs)
        connection = self.store.connection
        try:
            self.store.changed |= bool(ingest_results(connection, self.results, done))
        except ResultError:
            for key in sorted(done - ingested_keys(connection)):
                self._discard_if_damaged(key, done)
            self.store.changed |= bool(ingest_results(connection, self.results, done))
        # What the plan itself reads is looked at again even if the store knows it.
        for cell in self.plan.data if self.plan.provisional else ():
            if cell.key in done:
                self._discard_if_damaged(cell.key, done)
        return done

    def _discard_if_damaged(self, key: str, done: set[str]) -> None:
        try:
            self.results.read(key)
        except ResultError as error:
            self.display.say(f"{error}; moved away and done again")
            self.results.discard(key)
            forget_results(self.store.connection, [key])
            done.discard(key)

    def _loop(
        self, waiting: list[Job], executor: Executor, journal: journals.Journal, fail_fast: bool
    ) -> int:
        jobs = {job.key: job for job in waiting}
        missing = {key: self._missing(job, jobs) for key, job in jobs.items()}
        users: dict[str, list[str]] = {key: [] for key in jobs}
        for key, needs in missing.items():
            for need in needs:
                users[need].append(key)
        ready = _Ready()
        for key, needs in missing.items():
            if not needs:
                ready.push(jobs[key])
        riders = _Riders(jobs)
        running: set[str] = set()
        ran = 0
        while ready or running:
            self._start(ready, riders, executor, journal, running)
            event = executor.next(_WAIT)
            if event is not None and event.key in running:
                self.display.event(event)
                if event.word in ("done", "failed"):
                    running.discard(event.key)
                    ran += 1
                    self._ended(event, journal)
                    for user in users[event.key] if event.word == "done" else ():
                        missing[user].discard(event.key)
                        if not missing[user] and self._is(user, State.WAITING):
                            ready.push(jobs[user])
                    if event.word == "failed":
                        self._release(riders, event.key, running)
                    if event.word == "failed" and fail_fast:
                        break
            self.display.tick()
            self._update()
        self._block()
        return ran

    def _missing(self, job: Job, jobs: dict[str, Job]) -> set[str]:
        return {need for need in job.needs if not self._is(need, State.DONE) and need in jobs}

    def _start(
        self,
        ready: _Ready,
        riders: _Riders,
        executor: Executor,
        journal: journals.Journal,
        running: set[str],
    ) -> None:
        for on_device in (False, True):  # data and constants first: others wait for them
            while ready.has(on_device) and executor.free(on_device):
                job = ready.pop(on_device)
                traces = [trace for trace in riders.of(job) if self._is(trace.key, State.WAITING)]
                for begun in (job, *traces):
                    self._begin(begun, journal)
                    running.add(begun.key)
                executor.submit(self._ticket(job, traces), on_device)

    def _ticket(self, job: Job, traces: Sequence[Job] = ()) -> Ticket:
        root, also = str(self.results.root), tuple(self._ticket(trace) for trace in traces)
        return Ticket(job.key, job.kind.value, job.content, job.where, root, also)

    def _begin(self, job: Job, journal: journals.Journal) -> None:
        standing = self.standing[job.key]
        self.attempts[job.key] = self.attempts.get(job.key, 0) + 1
        self.standing[job.key] = Standing(State.RUNNING, standing.why, standing.detail)
        journal.write("started", job.key, reason=standing.reason)
        self.display.started(job)
        self.store.changed = True

    def _release(self, riders: _Riders, key: str, running: set[str]) -> None:
        """Let traces wait again whose network was not trained."""
        for trace in riders.of(self.plan.jobs[key]):
            if trace.key in running:
                running.discard(trace.key)
                standing = self.standing[trace.key]
                self.standing[trace.key] = Standing(State.WAITING, standing.why, standing.detail)
                self.display.released(trace)

    def _ended(self, event: Event, journal: journals.Journal) -> None:
        before = self.standing[event.key]
        if event.word == "done":
            journal.write("done", event.key)
            self.standing[event.key] = Standing(State.DONE, before.why, before.detail)
            self.errors.pop(event.key, None)
            self.fresh.append(event.key)
        else:
            error = str(event.details.get("error", ""))
            journal.write("failed", event.key, error=error)
            self.standing[event.key] = Standing(State.FAILED, before.why, before.detail)
            self.errors[event.key] = error
        self.store.changed = True

    def _block(self) -> None:
        """Mark what cannot run since a job it needs failed."""
        for key, job in self.plan.jobs.items():
            hindered = any(
                self.standing[need].state in (State.FAILED, State.BLOCKED) for need in job.needs
            )
            if self._is(key, State.WAITING) and hindered:
                self.standing[key] = Standing(
                    State.BLOCKED, type(self.standing[key].why).NEEDS_FAILED
                )

    def _cut_short(self) -> None:
        for key, standing in self.standing.items():
            if standing.state is State.RUNNING:
                self.standing[key] = Standing(State.WAITING, standing.why, standing.detail)
                self.store.changed = True

    def _update(self, force: bool = False) -> None:
        """Take new results into the store and publish it, not more often than it allows."""
        if not self.store.changed or not (force or self.store.due()):
            return
        ingest_results(self.store.connection, self.results, self.fresh)
        self.fresh.clear()
        # Until the data is packed the keys of the networks are not known; the rest stays as it was.
        whole = not self.plan.provisional
        ingest_jobs(self.store.connection, self.name, self._job_rows(), whole=whole)
        self.store.publish()

    def _job_rows(self) -> list[dict[str, object]]:
        return [
            {
                "key": key,
                "kind": job.kind.value,
                "state": self.standing[key].state.value,
                "attempts": self.attempts.get(key, 0),
                "reason": self.standing[key].reason,
                "host": "",
                "error": self.errors.get(key, "") if self._is(key, State.FAILED) else "",
                "title": self.plan.titles[key],
            }
            for key, job in ((job.key, job) for job in self._jobs())
        ]

    def _finish(self) -> None:
        """Compute what needs all results, and publish the final state."""
        self.stuck = self.plan.provisional and not all(
            self._is(job.key, State.DONE) for job in self._jobs()
        )
        if self.plan.provisional:
            if self.stuck:
                self._block()
                self._update(force=True)
            return
        self.store.changed |= fill_derived(self.store.connection, self.plan.study)
        self.store.changed |= not self.results.store.is_file()
        self.store.changed |= self._states() != job_states(self.store.connection, self.name)
        self._update(force=True)

    def _states(self) -> dict[str, str]:
        return {key: standing.state.value for key, standing in self.standing.items()}


class _Riders:
    """Traces of networks that this run trains: taken in the same pass, for they read the same."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._of: dict[str, list[Job]] = {}
        for job in jobs.values():
            if job.kind is Kind.TRACE and job.content["network"] in jobs:
                self._of.setdefault(job.content["network"], []).append(job)

    def of(self, job: Job) -> list[Job]:
        """Return the traces of a network's training."""
        return self._of.get(job.key, [])


class _Ready:
    """Jobs that can start, long ones first."""

    def __init__(self) -> None:
        self._heaps: dict[bool, list[tuple[float, float, str, Job]]] = {True: [], False: []}

    def push(self, job: Job) -> None:
        item = (-_URGENCY[job.kind], -job.work, job.key, job)
        heapq.heappush(self._heaps[job.kind.on_device], item)

    def has(self, on_device: bool) -> bool:
        return bool(self._heaps[on_device])

    def pop(self, on_device: bool) -> Job:
        return heapq.heappop(self._heaps[on_device])[-1]

    def __bool__(self) -> bool:
        return any(self._heaps.values())


_URGENCY = {kind: float(len(Kind) - place) for place, kind in enumerate(Kind)}
