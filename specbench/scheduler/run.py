"""Runs a study: what is not done, in the order of needs, long jobs first, store and journal kept.

Two passes where the data is files: the first packs them, after which their fingerprints and so
the keys of the networks are known; the second does the rest. One more where a score chooses what is
pre-trained on: it is known when the score is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from specbench.plan.grid import Plan, expand
from specbench.plan.jobs import Job
from specbench.results import Results
from specbench.scheduler import journal as journals
from specbench.scheduler.board import Board, Outcome
from specbench.scheduler.cluster.mirror import Mirror
from specbench.scheduler.display import Display
from specbench.scheduler.executor import Executor
from specbench.scheduler.intake import forget_gone, take_in
from specbench.scheduler.loop import Loop
from specbench.scheduler.rebuild import refill
from specbench.scheduler.records import (
    changes_since,
    read_plan,
    read_study,
    write_preparing,
    write_study,
)
from specbench.scheduler.sizes import Sizes
from specbench.scheduler.state import State, standings
from specbench.spec.study import Study
from specbench.store.database import PrivateStore, private_store
from specbench.store.derived import fill_derived
from specbench.store.ingest import ingest_jobs, ingest_results, ingest_study, job_states


def run_study(
    study: Study,
    results: Results,
    start: Callable[[], Executor],
    display: Display,
    *,
    retry_failed: bool = False,
    fail_fast: bool = False,
    leaves: Callable[[], bool] = lambda: False,
    mirror: Mirror | None = None,
) -> Outcome:
    """Run what the study lacks and bring the store up to date; the caller holds the lock.

    ``start`` makes the executor, called only if there is something to run. On an interrupt
    ``leaves`` tells whether what is under way elsewhere goes on without us; else all workers end.
    What is done is published, and KeyboardInterrupt goes on to the caller (or RuntimeError "Query
    interrupted", where it came while DuckDB was at work). ``mirror`` shares finished results with
    others. Raises OSError or :class:`StoreError` where the folder cannot be written; finished jobs
    are kept.
    """
    results.tidy()
    with private_store(results) as store:
        forget_gone(results, store)
        if not store.inherited:
            if results.store.is_file():
                display.say(f"{results.store}: not usable; made anew from the result folders")
            refill(store, results, display.say, but=study.name)
        ran = 0
        while True:
            plan = expand(study, results)
            if mirror is not None:
                mirror.align(plan.jobs, display.say)
            one = _Pass(plan, results, store, display, retry_failed, mirror)
            ran += one.run(start, fail_fast, leaves)
            if one.is_last:
                if mirror is not None:
                    mirror.finish()
                return one.board.outcome(ran)


class _Pass:
    """One look at the plan, the jobs it can run, and the store kept up with them."""

    def __init__(
        self,
        plan: Plan,
        results: Results,
        store: PrivateStore,
        display: Display,
        retry_failed: bool,
        mirror: Mirror | None = None,
    ) -> None:
        self._mirror = mirror
        self.plan, self.results, self.store, self.display = plan, results, store, display
        self._moved: set[str] = set()
        """Jobs that have changed their state since the store was last brought up to date."""
        self._whole = True
        """Whether the store is to be told of all jobs, not only of those."""
        records = journals.read(results.study(plan.study.name))
        done = take_in(plan, results, store, display.say)
        changes = changes_since(plan, results)
        standing = standings(
            plan.needs(), results, records, done=done, retry_failed=retry_failed, changes=changes
        )
        self.board = Board(plan, standing, records)

    @property
    def is_last(self) -> bool:
        """Whether the whole plan is known, or cannot come to be known."""
        stuck = not all(self.board.has(job.key, State.DONE) for job in self.board.jobs())
        return not self.plan.partial or stuck

    def run(
        self, start: Callable[[], Executor], fail_fast: bool, leaves: Callable[[], bool]
    ) -> int:
        """Do what is missing; return the number of jobs that were run to their end."""
        self._record()
        ran = self._run_waiting(start, fail_fast, leaves) if self.board.waiting() else 0
        self._finish()
        return ran

    def _record(self, *, final: bool = False) -> None:
        """Write down what the study is, once its plan is final or will not become so."""
        if self.plan.partial and not final:
            write_preparing(self.plan, self.results)
            return
        name = self.plan.study.name
        write_study(self.plan, self.results)
        record, plan = read_study(self.results, name), read_plan(self.results, name)
        if ingest_study(self.store.connection, record, plan):
            self.store.changed = True
            self._update(force=True)

    def _run_waiting(
        self, start: Callable[[], Executor], fail_fast: bool, leaves: Callable[[], bool]
    ) -> int:
        # What is gone is dropped for good before it is done again: a run that is killed in between
        # would leave the row of the old result, and the next one take it for that of the new.
        self._update(force=True)
        journal = journals.Journal(self.results.study(self.plan.study.name))
        self.display.begin(self.plan, self.board.standing)
        executor = start()
        left = False
        try:
            loop = Loop(
                self.board,
                self.results,
                executor,
                journal,
                self.display,
                self._changed,
                self._update,
                Sizes(self._ended()),
            )
            return loop.run(fail_fast)
        except BaseException:
            self.display.end()
            left = leaves()
            raise
        finally:
            if left:
                executor.leave()
            else:
                executor.close()
                for key in self.board.standing:
                    if self.board.has(key, State.RUNNING):
                        self.board.released(key)
                        self._changed(key)
            journal.close()
            self.display.end()
            self._update(force=True)

    def _ended(self) -> Iterator[tuple[Job, float]]:
        """Yield jobs of the plan that have ended, with the seconds they took."""
        rows = self.store.connection.execute("SELECT key, seconds FROM ingested").fetchall()
        for key, seconds in rows:
            if key in self.plan.jobs:
                yield self.plan.jobs[key], seconds

    def _changed(self, key: str) -> None:
        if self._mirror is not None and self.board.has(key, State.DONE):
            self._mirror.push(key)
        self.store.changed = True
        self._moved.add(key)

    def _update(self, force: bool = False) -> None:
        """Take new results into the store and publish it, not more often than it allows."""
        if not self.store.changed or not (force or self.store.due()):
            return
        started = time.monotonic()
        connection, name = self.store.connection, self.plan.study.name
        fresh = [key for key in self._moved if self.board.has(key, State.DONE)]
        ingest_results(connection, self.results, fresh)
        # Until the data is packed the keys of the networks are not known; the rest stays as it was.
        whole = self._whole and not self.plan.partial
        rows = self.board.rows(None if self._whole else self._moved)
        ingest_jobs(connection, name, rows, whole=whole)
        self._moved.clear()
        self._whole = False
        self.store.publish(started)

    def _finish(self) -> None:
        """Compute what needs all results, and publish the final state."""
        if self.plan.provisional or (self.plan.partial and not self.is_last):
            if self.is_last:
                for key in self.board.block():
                    self._changed(key)
                self._update(force=True)
            return
        if self.plan.partial:  # what failed is all that keeps the rest from being known
            self._record(final=True)
        store, study = self.store, self.plan.study
        store.changed |= fill_derived(store.connection, study)
        store.changed |= not self.results.store.is_file()
        stale = self.board.states() != job_states(store.connection, study.name)
        self._whole |= stale
        store.changed |= stale
        self._update(force=True)
