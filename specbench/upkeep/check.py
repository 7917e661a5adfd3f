"""Is everything in a results folder as it was written, and does the store say what it holds?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from specbench.errors import StoreError
from specbench.results import Results, damaged_files
from specbench.scheduler.rebuild import take_in_records, take_in_results
from specbench.scheduler.records import recorded
from specbench.store.database import create, open_published
from specbench.store.ingest import RESULT_TABLES, STUDY_TABLES

_RUN_AGAIN = "run it again"


@dataclass(frozen=True)
class Findings:
    """What is wrong in a results folder."""

    folders: int
    """Result folders looked at."""
    damaged: dict[str, list[str]]
    """Keys of damaged result folders, and the files in them that are not what was written."""
    store: list[str]
    """What the store does not say as the folders do, in words."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.damaged and not self.store


def check(results: Results, progress: Callable[[int, int], None]) -> Findings:
    """Read every file of every result folder and compare the store with them; changes nothing.

    For the one who holds the folder. ``progress`` hears how many folders of how many were read.
    """
    keys = sorted(results.keys())
    damaged = {}
    for place, key in enumerate(keys):
        files = damaged_files(results.folder(key))
        if files:
            damaged[key] = files
        progress(place + 1, len(keys))
    return Findings(len(keys), damaged, store_differences(results))


def store_differences(results: Results) -> list[str]:
    """Return what the published store does not say as the folders do, one line each.

    What is computed from results, such as agreement, is not computed again.
    """
    try:
        open_published(results).close()
    except StoreError as error:
        return [error.message]
    try:
        return _compared(results)
    except duckdb.Error as error:
        return [f"not readable ({str(error).splitlines()[0]})"]


def _compared(results: Results) -> list[str]:
    found = []
    with create(":memory:") as fresh:
        done = take_in_results(fresh, results, lambda _: None)
        for name in recorded(results):
            try:
                take_in_records(fresh, results, name, done)
            except (KeyError, TypeError, ValueError):
                found.append(f"{Path('studies') / name}: no readable record; {_RUN_AGAIN}")
        fresh.execute(f"ATTACH '{_quoted(results.store)}' AS published (READ_ONLY)")
        # Keys alone do not tell: the store may hold results that no study needs any more.
        needed = "WHERE key IN (SELECT key FROM job)"
        for table in RESULT_TABLES:
            found += _difference(fresh, table, "*", needed)
        for table in STUDY_TABLES:
            found += _difference(fresh, table, "*")
        # Why a job waits depends on what the study was before, which the folders do not keep.
        found += _difference(fresh, "job", "* EXCLUDE (reason)")
    return found


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _difference(
    connection: duckdb.DuckDBPyConnection, table: str, columns: str, where: str = ""
) -> Sequence[str]:
    here = f"SELECT {columns} FROM main.{table} {where}"
    there = f"SELECT {columns} FROM published.{table} {where}"
    (missing, extra) = (
        len(connection.execute(f"{one} EXCEPT ALL {other}").fetchall())
        for one, other in ((here, there), (there, here))
    )
    if not missing and not extra:
        return ()
    return (f"table {table}: lacks {missing} rows of the folders, has {extra} they do not",)
