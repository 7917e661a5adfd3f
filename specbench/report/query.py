"""Asking the views: SQL that a reader can copy, and rows without NaN.

Every figure of a report keeps the text of the query it came from, so literals are written into the
SQL instead of being bound as parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import duckdb

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A query and its rows; ``sql`` runs as it stands with ``specbench sql``."""

    sql: str
    rows: tuple[Row, ...]


def literal(value: str | float | None) -> str:
    """Return ``value`` as a SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def equals(**columns: str | float) -> str:
    """Return ``a = 1 AND b = 'x'`` for the given columns."""
    return " AND ".join(f"{name} = {literal(value)}" for name, value in columns.items())


def has_view(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Say whether the store has a view or table of that name."""
    sql = f"SELECT count(*) FROM information_schema.tables WHERE table_name = {literal(name)}"
    found = connection.execute(sql).fetchone()
    return found is not None and found[0] > 0


def ask(connection: duckdb.DuckDBPyConnection, sql: str) -> Asked:
    """Run ``sql`` and return its rows as dictionaries; NaN and infinities become None."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    rows = tuple(
        {name: _finite(value) for name, value in zip(names, values, strict=True)}
        for values in cursor.fetchall()
    )
    return Asked(sql, rows)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return value
