"""What a store tells of a study, to be held against what another store tells."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import duckdb


def told(store: Path, free: AbstractSet[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of all views in order, without the columns that may differ, ``free``.

    Nor is the reason of a job compared, which may tell of an attempt.
    """
    with duckdb.connect(str(store), read_only=True) as connection:
        query = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        found = {}
        for (view,) in connection.execute(query).fetchall():
            columns = [row[0] for row in connection.execute(f"DESCRIBE {view}").fetchall()]
            dropped = free | ({"reason"} if view == "jobs" else set())
            kept = ", ".join(column for column in columns if column not in dropped)
            rows = connection.execute(f"SELECT {kept} FROM {view} ORDER BY ALL")
            found[view] = rows.fetchall()
        return found
