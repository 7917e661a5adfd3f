"""Where every job of a study stands while it runs, and the rows the store is given of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from specbench.plan.grid import Plan
from specbench.plan.jobs import Job, Kind, in_words
from specbench.scheduler.journal import Record
from specbench.scheduler.state import Standing, State, Why, job_row

_DATA_KINDS = (Kind.ROOMS, Kind.VOCABULARY, Kind.PACK, Kind.SELECT)


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


class Board:
    """Standing, attempts and last error of every job; the loop moves them from state to state."""

    def __init__(
        self, plan: Plan, standing: dict[str, Standing], records: Mapping[str, Record]
    ) -> None:
        self.plan = plan
        self.standing = standing
        self._records = dict(records)
        self._serves = plan.conditions_of()

    def jobs(self) -> list[Job]:
        """Return the jobs of this pass: only data where the rest is not known yet."""
        jobs = self.plan.jobs.values()
        return [job for job in jobs if not self.plan.provisional or job.kind in _DATA_KINDS]

    def waiting(self) -> list[Job]:
        """Return the jobs of this pass that are to run."""
        return [job for job in self.jobs() if self.has(job.key, State.WAITING)]

    def has(self, key: str, state: State) -> bool:
        """Tell whether a job is in a state."""
        return self.standing[key].state is state

    def began(self, key: str) -> None:
        """A job was handed to a worker."""
        attempts = self._record(key).attempts + 1
        self._records[key] = Record(attempts, reason=self.standing[key].reason)
        self._move(key, State.RUNNING)

    def adopted(self, key: str) -> None:
        """A job that an earlier scheduler handed out is still under way."""
        self.standing[key] = Standing(State.RUNNING, Why.ADOPTED)

    def placed(self, key: str, host: str) -> None:
        """A job is worked on by a machine."""
        self._records[key] = replace(self._record(key), host=host)

    def released(self, key: str) -> None:
        """A job that was handed to a worker waits again: it was not begun, or was cut short."""
        self._move(key, State.WAITING)

    def done(self, key: str) -> None:
        """A job has its result."""
        self._move(key, State.DONE)

    def failed(self, key: str, error: str) -> None:
        """A job ended without a result."""
        self._move(key, State.FAILED)
        self._records[key] = replace(self._record(key), error=error)

    def block(self) -> list[str]:
        """Mark what cannot run since a job it needs failed; return what was not so marked."""
        hindering, found = (State.FAILED, State.BLOCKED), []
        for key, job in self.plan.jobs.items():
            hindered = any(self.standing[need].state in hindering for need in job.needs)
            if hindered and self.has(key, State.WAITING):
                self.standing[key] = Standing(State.BLOCKED, Why.NEEDS_FAILED)
                found.append(key)
        return found

    def states(self) -> dict[str, str]:
        """Return the state of every job as a word."""
        return {key: standing.state.value for key, standing in self.standing.items()}

    def rows(self, keys: Collection[str] | None = None) -> list[dict[str, object]]:
        """Return what the store's table of jobs says of the jobs of this pass.

        Of those among ``keys``, where given.
        """
        return [
            job_row(
                job.key,
                job.kind.value,
                in_words(job.kind.value, job.title, sorted(self._serves[job.key])),
                self.standing[job.key],
                self._record(job.key),
            )
            for job in self.jobs()
            if keys is None or job.key in keys
        ]

    def outcome(self, ran: int) -> Outcome:
        """Return how the study stands; ``ran`` jobs were run to their end."""
        states = [standing.state for standing in self.standing.values()]
        failures = tuple(
            (key, self._record(key).error) for key in self.standing if self.has(key, State.FAILED)
        )
        return Outcome(
            states.count(State.DONE), ran, len(failures), states.count(State.BLOCKED), failures
        )

    def _record(self, key: str) -> Record:
        return self._records.get(key, Record())

    def _move(self, key: str, state: State) -> None:
        self.standing[key] = replace(self.standing[key], state=state)
