"""Text cells of table files: the records of a CSV with their lines, and the numbers in cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from specbench.errors import DataError

Record = tuple[int, list[str]]
"""The line of the file that a record begins on, from 1, and its cells."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def finite(text: str) -> float | None:
    """Return the number that a cell holds in ASCII digits; None for anything else."""
    value = float(text) if _NUMBER.fullmatch(text) else float("inf")
    return value if abs(value) < float("inf") else None


def is_parquet(path: Path) -> bool:
    """Tell by its name whether a file is Parquet."""
    return path.suffix.lower() in (".parquet", ".pq")


def as_utf8(path: Path, content: bytes) -> str:
    """Return a file's text. Raises DataError with the line of the first byte that is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{number}: not UTF-8 text ({error.reason})") from error


def csv_records(path: Path, text: str, *, spaced: bool = False) -> Iterator[Record]:
    """Yield the records of a CSV's text; empty lines as records of no cells.

    Where ``spaced``, a quoted cell may stand behind spaces. Raises DataError, as ``path:line:``.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=spaced)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{start}: not CSV ({error})") from error


def as_text(value: object) -> str:
    """Return a typed value of Parquet as a CSV would have it; nothing for NULL and NaN."""
    if value is None or value != value:
        return ""
    return repr(value) if isinstance(value, float) else str(value).strip()
