"""Every view of a study as CSV and Parquet, sorted so that equal stores give equal files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb

from specbench.report.query import equals, has_view, literal

VIEWS = (
    "studies",
    "data",
    "jobs",
    "networks",
    "losses",
    "metrics",
    "curves",
    "method_log",
    "constants",
    "gains",
    "group_gains",
    "scores",
    "score_labels",
    "group_scores",
    "agreement",
    "reliability",
    "variance",
    "seed_intervals",
    "selections",
    "samples",
    "transfers",
    "transfer_runs",
    "transfer_sets",
    "transfer_tests",
    "transfer_notes",
    "duplicates",
)
FORMATS = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet"}


def views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the views of the stable interface that the store has."""
    return [view for view in VIEWS if has_view(connection, view)]


def export(
    connection: duckdb.DuckDBPyConnection, study: str, folder: Path, formats: Collection[str]
) -> list[Path]:
    """Write ``<folder>/<view>.<format>`` for every view; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _write(connection, study, view, folder / f"{view}.{ending}", options)
        for ending, options in FORMATS.items()
        if ending in formats
        for view in views(connection)
    ]


def _write(
    connection: duckdb.DuckDBPyConnection, study: str, view: str, path: Path, options: str
) -> Path:
    select = f"SELECT * FROM {view} WHERE {equals(study=study)} ORDER BY ALL"
    connection.execute(f"COPY ({select}) TO {literal(str(path.absolute()))} ({options})")
    return path
