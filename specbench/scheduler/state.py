"""What can become of a job, and why one would run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from specbench.results import Results
from specbench.scheduler.journal import Record


class State(StrEnum):
    """State of a job of a study."""

    DONE = "done"
    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    BLOCKED = "blocked"

    @property
    def colour(self) -> str:
        """Colour in a terminal."""
        return {"done": "green", "running": "cyan", "failed": "red", "blocked": "yellow"}.get(
            self.value, "default"
        )


class Why(StrEnum):
    """Why a job runs, or does not."""

    FINISHED = "finished before"
    NEW = "never run"
    CHANGED = "changed"
    RESUMED = "cut short, resumes from its checkpoint"
    RESTARTED = "cut short, starts again"
    LOST = "its result is gone"
    ADOPTED = "begun by an earlier run, still under way"
    RETRIED = "failed before, retried"
    FAILED = "failed before; --retry-failed runs it again"
    NEEDS_FAILED = "needs a job that failed"


@dataclass(frozen=True)
class Standing:
    """State of a job before a run, and the reason."""

    state: State
    why: Why
    detail: str = ""

    @property
    def reason(self) -> str:
        """The reason as one sentence."""
        return f"{self.why.value}: {self.detail}" if self.detail else self.why.value


def standings(
    needs: Mapping[str, Sequence[str]],
    results: Results,
    records: Mapping[str, Record],
    *,
    done: Collection[str],
    retry_failed: bool = False,
    changes: Mapping[str, str] | None = None,
) -> dict[str, Standing]:
    """Return where every job of a plan stands; what a dry run prints and a run acts on.

    ``needs`` are the jobs that each job reads, in an order in which no job comes before them.
    """
    found: dict[str, Standing] = {}
    for key, needed in needs.items():
        record = records.get(key, Record())
        if key in done:
            found[key] = Standing(State.DONE, Why.FINISHED)
        elif any(found[need].state in (State.FAILED, State.BLOCKED) for need in needed):
            found[key] = Standing(State.BLOCKED, Why.NEEDS_FAILED)
        elif record.ended == "failed" and not retry_failed:
            found[key] = Standing(State.FAILED, Why.FAILED, record.error)
        else:
            found[key] = Standing(State.WAITING, *_why(key, record, results, changes or {}))
    return found


def _why(key: str, record: Record, results: Results, changes: Mapping[str, str]) -> tuple[Why, str]:
    if record.ended == "failed":
        return Why.RETRIED, record.error
    if record.ended == "done":
        return Why.LOST, ""
    if record.attempts and any(results.work(key).glob("*")):
        return Why.RESUMED, ""
    if record.attempts:
        return Why.RESTARTED, ""
    if key in changes:
        return Why.CHANGED, changes[key]
    return Why.NEW, ""


def job_row(
    key: str, kind: str, title: str, standing: Standing, record: Record
) -> dict[str, object]:
    """Return what the store's table of jobs says of a job.

    Of a job that has ended the reason is why it was last started, as the journal has it.
    """
    ended = standing.state in (State.DONE, State.FAILED) and record.attempts > 0
    return {
        "key": key,
        "kind": kind,
        "state": standing.state.value,
        "attempts": record.attempts,
        "reason": record.reason if ended else standing.reason,
        "host": record.host if standing.state is State.RUNNING else "",
        "error": record.error if standing.state is State.FAILED else "",
        "title": title,
    }


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Return what differs between two contents, as ``path: old → new``."""
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for name in sorted({*old, *new}):
            inner = f"{path}.{name}" if path else name
            found += differences(old.get(name), new.get(name), inner)
        return found
    return [] if old == new else [f"{path}: {old} → {new}"]
