"""The views as tables inside a page: packed small, cut to a budget of bytes, never silently."""

from __future__ import annotations

import datetime
import json
import math
from dataclasses import dataclass
from typing import Any

import duckdb

from specbench.report.export import views
from specbench.report.query import equals
from specbench.report.study import Study

ROWS = 4000  # of one view
BYTES = 1_500_000  # of all views together


@dataclass(frozen=True)
class ViewTable:
    """The first rows of a view; ``total`` is how many the store holds."""

    view: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int
    sql: str

    @property
    def whole(self) -> bool:
        """Whether no row was left out."""
        return len(self.rows) == self.total

    @property
    def packed(self) -> str:
        """JSON by column, texts as places in a list of distinct ones; safe inside a script."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.columns)
        content = {
            "view": self.view,
            "columns": self.columns,
            "data": [_column(column) for column in columns],
        }
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")

    def cut(self, rows: int) -> ViewTable:
        """Return the table with only its first rows."""
        return ViewTable(self.view, self.columns, self.rows[:rows], self.total, self.sql)


def read_tables(
    connection: duckdb.DuckDBPyConnection, study: Study, budget: int = BYTES
) -> list[ViewTable]:
    """Return every view of the study but ``studies``, together within ``budget`` bytes."""
    names = [view for view in views(connection) if view != "studies"]
    tables = {name: _read(connection, study, name) for name in names}
    sizes = {name: len(table.packed.encode()) for name, table in tables.items()}
    while sum(sizes.values()) > budget:
        largest = max(names, key=lambda name: (sizes[name], name))
        tables[largest] = tables[largest].cut(len(tables[largest].rows) * 3 // 4)
        sizes[largest] = len(tables[largest].packed.encode())
    return [table for table in tables.values() if table.total]


def _read(connection: duckdb.DuckDBPyConnection, study: Study, view: str) -> ViewTable:
    sql = f"SELECT * EXCLUDE (study) FROM {view} WHERE {equals(study=study.name)} ORDER BY ALL"
    found = connection.execute(f"SELECT count(*) FROM ({sql.removesuffix(' ORDER BY ALL')})")
    total = (found.fetchone() or (0,))[0]
    cursor = connection.execute(f"{sql} LIMIT {ROWS}")
    columns = tuple(column[0] for column in cursor.description or [])
    return ViewTable(view, columns, tuple(cursor.fetchall()), total, sql)


def _column(values: tuple[Any, ...]) -> Any:
    plain = [_value(value) for value in values]
    if not any(isinstance(value, str) for value in plain):
        return plain
    texts = ["" if value is None else str(value) for value in plain]
    distinct = sorted(set(texts))
    place = {text: number for number, text in enumerate(distinct)}
    return {"texts": distinct, "at": [place[text] for text in texts]}


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return float(f"{value:.8g}") if math.isfinite(value) else None
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    if value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return "; ".join(str(_value(entry)) for entry in value)
    return str(value)
