"""Rows collected in memory and inserted a table at a time: one statement, however many rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb

DERIVED_TABLES = (
    "agreement_row",
    "group_score_row",
    "selection_row",
    "proxy_row",
    "reliability_row",
    "variance_row",
    "seed_interval_row",
    "transfer_set_row",
    "transfer_test_row",
    "derived",
)
"""What is computed from a study's results, so that it goes when they or the study change."""


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do everything inside or nothing, whatever ends it: an error or an interrupt."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.TransactionException):  # an interrupt just after the commit
            connection.execute("ROLLBACK")
        raise


class Rows:
    """Rows waiting for their tables."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Sequence[Any]]] = defaultdict(list)

    def add(self, table: str, *row: Any) -> None:
        """Take one row, its values in the order of the table's columns."""
        self._waiting[table].append(row)

    def __bool__(self) -> bool:
        return any(self._waiting.values())

    def insert(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Insert everything that waits."""
        for table, rows in self._waiting.items():
            types = [
                kind
                for _, kind in connection.execute(
                    "SELECT column_name, data_type FROM duckdb_columns() "
                    "WHERE table_name = ? AND NOT internal ORDER BY column_index",
                    [table],
                ).fetchall()
            ]
            # One list a column: unnested by the database, far faster than a statement a row.
            columns = [list(column) for column in zip(*rows, strict=True)]
            select = ", ".join(f"unnest(?::{kind}[])" for kind in types)
            connection.execute(f"INSERT INTO {table} SELECT {select}", columns)
        self._waiting.clear()
