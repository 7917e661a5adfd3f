"""Takes finished jobs into the store of a run; what is damaged moves away and is done again."""

from __future__ import annotations

from collections.abc import Callable

from specbench.errors import ResultError
from specbench.plan.grid import Plan
from specbench.results import Results
from specbench.store.database import PrivateStore
from specbench.store.ingest import forget_results, ingest_results, ingested_keys


def take_in(
    plan: Plan, results: Results, store: PrivateStore, say: Callable[[str], None]
) -> set[str]:
    """Take in all finished jobs of a plan; return those whose results can be read."""
    done = results.done() & set(plan.jobs)

    def damaged(key: str, error: ResultError) -> None:
        say(f"{error}; moved away and done again")
        results.discard(key)
        forget_results(store.connection, [key])
        done.discard(key)

    store.changed |= bool(ingest_results(store.connection, results, done, damaged))
    # What the plan itself reads is looked at again even if the store knows it.
    read = plan.data if plan.provisional else plan.scores if plan.undecided else []
    for cell in read:
        if cell.key in done:
            try:
                results.read(cell.key)
            except ResultError as error:
                damaged(cell.key, error)
    return done


def forget_gone(results: Results, store: PrivateStore) -> None:
    """Drop from the store what has no result folder any more."""
    gone = ingested_keys(store.connection) - results.done()
    forget_results(store.connection, gone)
    store.changed |= bool(gone)
