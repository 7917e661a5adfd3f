"""Which building belongs to which split: official CSVs, inline lists, or points by hash."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from specbench.data.source import SPLITS
from specbench.errors import DataError

Table = dict[str, str]
"""The split of each building that has one."""


def read_split_csv(path: Path) -> Table:
    """Read an official split file: ``id,train,val,test``, one building a row, 1 marks its split.

    Lines may end in a carriage return alone (Taskonomy's own do), in a line feed, or in both.
    Buildings with no mark belong to no split. Raises DataError with ``path:line:``.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: the split file cannot be read ({_why(error)})",
            'name a CSV in data.splits, or set data.split_by = "point"',
        ) from error
    try:
        rows = list(csv.reader(re.split(r"\r\n|\r|\n", text)))
    except csv.Error as error:
        raise DataError(f"{path}: not a CSV ({error})") from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    if sorted(header) != sorted(("id", *SPLITS)):
        raise DataError(f"{path}:1: columns are {','.join(header)!r}", "expected id,train,val,test")
    table: Table = {}
    for number, cells in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in cells):
            _enter(table, dict(zip(header, map(str.strip, cells), strict=False)), path, number)
    return table


def _enter(table: Table, row: Mapping[str, str], path: Path, number: int) -> None:
    marks = {split: row.get(split, "") for split in SPLITS}
    if not set(marks.values()) <= {"0", "1"}:
        raise DataError(f"{path}:{number}: marks are {','.join(marks.values())!r}, not 0 or 1")
    chosen = [split for split, mark in marks.items() if mark == "1"]
    if len(chosen) > 1:
        raise DataError(f"{path}:{number}: building {row['id']} is in {' and '.join(chosen)}")
    if row["id"] in table and table[row["id"]] not in chosen:
        raise DataError(f"{path}:{number}: building {row['id']} is in two splits")
    if chosen:
        table[row["id"]] = chosen[0]


def _why(error: Exception) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "not UTF-8 text"


def split_files(roots: Sequence[Path], splits: str | Path | None) -> list[Path]:
    """Return the CSVs in force: the one named, or each root's own ``splits.csv``."""
    if splits is not None:
        return [Path(splits)]
    found = [root / "splits.csv" for root in roots if (root / "splits.csv").is_file()]
    return found or [roots[0] / "splits.csv"]


def merge_tables(tables: Sequence[tuple[str, Table]]) -> Table:
    """Join tables, each with the name of where it comes from; refuse a building in two splits."""
    merged: Table = {}
    for origin, table in tables:
        for building, split in table.items():
            if merged.setdefault(building, split) != split:
                raise DataError(
                    f"{origin}: building {building} is in {split} and in {merged[building]}"
                )
    return merged


def inline_table(splits: Mapping[str, Sequence[str]]) -> Table:
    """Turn ``{"train": [buildings], ...}`` into a table; refuse unknown splits and overlaps."""
    unknown = sorted(set(splits) - set(SPLITS))
    if unknown:
        raise DataError(f"data.splits names {unknown[0]!r}", f"splits are {', '.join(SPLITS)}")
    tables = [("data.splits", dict.fromkeys(splits[split], split)) for split in splits]
    return merge_tables(tables)


def split_of_point(point: str) -> str:
    """Return the split of a point such as ``cosmos/point_12``: 80, 10 and 10 % by hash.

    All views of one point fall into one split, on every machine and whatever else there is.
    """
    share = int.from_bytes(hashlib.sha256(point.encode()).digest()[:8], "big") / 2**64
    return "train" if share < 0.8 else "val" if share < 0.9 else "test"
