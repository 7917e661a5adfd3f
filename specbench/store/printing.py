"""Rows of a query as text: an aligned table for a person, CSV or JSON for a program."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import date, datetime
from typing import Any

import duckdb

_WIDEST = 60


def table_text(found: duckdb.DuckDBPyConnection | None) -> str:
    """Return the rows aligned in columns, numbers to the right, long cells cut, and their count."""
    names, rows = _read(found)
    if not names:
        return "(nothing to show)"
    numeric = [all(isinstance(r[i], int | float | None) for r in rows) for i in range(len(names))]
    cells = [names, *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(names))]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, f"({len(rows)} row{'' if len(rows) == 1 else 's'})"])


def csv_text(found: duckdb.DuckDBPyConnection | None) -> str:
    """Return the rows as CSV with a header; NULL is an empty cell."""
    names, rows = _read(found)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return buffer.getvalue()


def json_text(found: duckdb.DuckDBPyConnection | None) -> str:
    """Return the rows as a JSON array of objects; a number that JSON lacks is null."""
    names, rows = _read(found)
    listed = [dict(zip(names, map(_finite, row), strict=True)) for row in rows]
    return json.dumps(listed, indent=1, ensure_ascii=False, default=_plain)


def _read(found: duckdb.DuckDBPyConnection | None) -> tuple[list[str], list[tuple[Any, ...]]]:
    if found is None:  # a query without a statement
        return [], []
    names = [column[0] for column in found.description or ()]
    return names, found.fetchall() if names else []


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value).replace("\n", "⏎")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
