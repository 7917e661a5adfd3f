"""Fills a store from what the results folder holds: result folders and the records of studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from specbench.errors import ResultError
from specbench.plan.jobs import in_words
from specbench.results import Results
from specbench.scheduler import journal
from specbench.scheduler.records import read_plan, read_study, recorded
from specbench.scheduler.state import job_row, standings
from specbench.spec.recorded import study_of
from specbench.store.database import PrivateStore, private_store
from specbench.store.derived import fill_derived
from specbench.store.ingest import ingest_jobs, ingest_results, ingest_study


def rebuild(results: Results, say: Callable[[str], None]) -> list[str]:
    """Replace the published store by one made from the folders; return the studies it holds.

    For the one who holds the folder. What cannot be taken in is told to ``say``.
    """
    results.tidy()
    with private_store(results, anew=True) as store:
        names = refill(store, results, say)
        store.publish()
    return names


def refill(
    store: PrivateStore, results: Results, say: Callable[[str], None], *, but: str = ""
) -> list[str]:
    """Take all results and all recorded studies into an empty store; return the studies taken in.

    ``but`` is a study that is about to run and brings its own records up to date.
    """
    store.changed = True
    done = take_in_results(store.connection, results, say)
    names = [name for name in recorded(results) if name != but]
    return [name for name in names if _take_in_study(store.connection, results, name, done, say)]


def take_in_results(
    connection: duckdb.DuckDBPyConnection, results: Results, say: Callable[[str], None]
) -> set[str]:
    """Take in all result folders; return the keys of those that are whole as far as was read."""
    done = results.done()

    def damaged(key: str, error: ResultError) -> None:
        say(f"{error}; left out, the next run of its study does it again")
        done.discard(key)

    ingest_results(connection, results, done, damaged)
    return done


def take_in_records(
    connection: duckdb.DuckDBPyConnection, results: Results, name: str, done: set[str]
) -> None:
    """Take in what a study's folder says of it: its spec, its cells, its jobs.

    Raises KeyError, TypeError or ValueError where the record is absent or not readable.
    """
    record, plan = read_study(results, name), read_plan(results, name)
    ingest_study(connection, record, plan)
    records = journal.read(results.study(name))
    needs = {job["key"]: job["needs"] for job in plan["jobs"]}
    found = standings(needs, results, records, done=done & set(needs))
    rows = [
        job_row(
            job["key"],
            job["kind"],
            in_words(job["kind"], job["title"], job["conditions"]),
            found[job["key"]],
            records.get(job["key"], journal.Record()),
        )
        for job in plan["jobs"]
    ]
    ingest_jobs(connection, name, rows)


def _take_in_study(
    connection: duckdb.DuckDBPyConnection,
    results: Results,
    name: str,
    done: set[str],
    say: Callable[[str], None],
) -> bool:
    try:
        take_in_records(connection, results, name, done)
        record = read_study(results, name)
        study = study_of(name, record["passed"], record["resolved"])
    except (KeyError, TypeError, ValueError):
        place = Path("studies") / name
        say(f"{place}: no record of the study that can be read; its next run brings it back")
        return False
    if study.spec.study.code is None:
        fill_derived(connection, study)
    else:
        say(f"study '{name}' has scores of its own: its next run computes their agreement")
    return True
