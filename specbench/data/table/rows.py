"""Which rows of a table belong to which split: by a column, by hash, or in the file's order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from specbench.data.source import SPLITS
from specbench.data.table.columns import Columns
from specbench.errors import DataError

Rows = dict[str, list[int]]
"""Rows of each split, in the order of the file."""


def split_columns(how: Mapping[str, Any]) -> list[str]:
    """Return the columns that splitting reads."""
    return [how[key] for key in ("column", "by") if how.get(key)]


def split_rows(columns: Columns, how: Mapping[str, Any], seed: int) -> Rows:
    """Return the rows of train, val and test; a row may belong to none.

    ``how`` has one of ``column`` (its cells are train, val or test; empty is none), ``rows`` (how
    many each split takes, in the order of the file), or ``fractions``: of the rows in that order
    where ``in_order`` is set, else by a hash of ``seed`` and the row's number, or of its cell in
    the column ``by``, so that rows with the same cell stay together. DataError where a split has
    no row.
    """
    if how.get("column"):
        found = _by_column(columns, how["column"])
    elif how.get("rows"):
        found = _in_order(len(columns), how["rows"])
    elif how.get("in_order"):
        bounds = [round(share * len(columns)) for share in _summed(how["fractions"])]
        found = _in_order(len(columns), [b - a for a, b in zip([0, *bounds], bounds, strict=False)])
    else:
        found = _by_hash(columns, how["fractions"], how.get("by"), seed)
    for split in SPLITS:
        if not found[split]:
            raise DataError(f"{columns.path}: split {split} has no row", "change data.split")
    return found


def _summed(shares: Sequence[float]) -> list[float]:
    return [sum(shares[: place + 1]) for place in range(len(shares))]


def _by_column(columns: Columns, column: str) -> Rows:
    found: Rows = {split: [] for split in SPLITS}
    for row, cell in enumerate(columns.cells[column]):
        if cell in found:
            found[cell].append(row)
        elif cell:
            where = f"{columns.path}:{columns.lines[row]}: column {column!r} is {cell[:60]!r}"
            raise DataError(where, f"it is one of {', '.join(SPLITS)}, or empty")
    return found


def _in_order(rows: int, counts: Sequence[int]) -> Rows:
    ends = [min(rows, end) for end in (sum(counts[: place + 1]) for place in range(len(counts)))]
    starts = [0, *ends[:-1]]
    return {s: list(range(a, b)) for s, a, b in zip(SPLITS, starts, ends, strict=True)}


def _by_hash(columns: Columns, fractions: Sequence[float], by: str | None, seed: int) -> Rows:
    found: Rows = {split: [] for split in SPLITS}
    bounds = _summed(fractions)
    for row in range(len(columns)):
        key = columns.cells[by][row] if by else str(row)
        digest = hashlib.sha256(f"{seed}\0{key}".encode()).digest()
        share = int.from_bytes(digest[:8], "big") / 2**64
        place = next((i for i, bound in enumerate(bounds) if share < bound), None)
        if place is not None:
            found[SPLITS[place]].append(row)
    return found
