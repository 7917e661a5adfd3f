"""A table file as lines of text cells, CSV or Parquet alike, with the place of every line."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from specbench.data.cells import as_text, as_utf8, csv_records, finite, is_parquet
from specbench.data.parquet import read_parquet
from specbench.errors import DataError

_MOST_PROBLEMS = 20
_LIKELY_MEANT = 0.8
"""A column this like a known one is a slip of the pen; another is a note and not read."""


@dataclass(frozen=True)
class Line:
    """One row: its number in the file (of Parquet: the row's, from 1) and its cells by column."""

    number: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """Return a cell without spaces around it, '' where there is none."""
        return self.cells.get(column, "")


@dataclass
class Table:
    """A file's lines and what was found wrong with them."""

    path: Path
    columns: tuple[str, ...]
    lines: list[Line]
    problems: list[str] = field(default_factory=list)

    def problem(self, line: Line, message: str) -> None:
        """Note what is wrong with a line."""
        self.problems.append(f"{self.path}:{line.number}: {message}")

    def refuse(self) -> None:
        """Raise DataError with a line per problem; nothing where there is none."""
        if self.problems:
            more = len(self.problems) - _MOST_PROBLEMS
            shown = self.problems[:_MOST_PROBLEMS]
            raise DataError("\n".join([*shown, f"and {more} more"] if more > 0 else shown))

    def number(self, line: Line, column: str) -> float | None:
        """Return a number, None for an empty cell; anything else is a problem."""
        text = line.text(column)
        if not text:
            return None
        value = finite(text)
        if value is None:
            self.problem(line, f"{column} = {text!r} is not a number")
        return value

    def whole(self, line: Line, column: str) -> int | None:
        """Return a whole number from 0, None for an empty cell; anything else is a problem."""
        value = self.number(line, column)
        if value is None or (value == int(value) and 0 <= value < 2**31):
            return None if value is None else int(value)
        self.problem(line, f"{column} = {line.text(column)!r} is not a whole number from 0")
        return None


def read_bytes(path: Path) -> tuple[bytes, str]:
    """Return a file's bytes and their SHA-256. Raises DataError where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}:1: cannot be read ({error.strerror or error})") from error
    return content, hashlib.sha256(content).hexdigest()


def parse_table(path: Path, content: bytes, known: Sequence[str]) -> Table:
    """Return the lines of a CSV, or of a Parquet file where the name ends in ``.parquet``.

    Columns that are not ``known`` are left out, unless their name looks like a slip of the pen.
    Raises DataError, as ``path:line: what is wrong``.
    """
    parse = _parquet if is_parquet(path) else _csv
    columns, lines = parse(path, content)
    table = Table(path, columns, lines)
    header = Line(1, {})
    for place, name in enumerate(columns):
        if name in columns[:place]:
            table.problem(header, f"column {name!r} stands twice")
        near = difflib.get_close_matches(name, known, n=1, cutoff=_LIKELY_MEANT)
        if near and name not in known:
            table.problem(header, f"unknown column {name!r}; the nearest is {near[0]!r}")
    if not lines and not table.problems:
        table.problem(header, "no rows")
    table.refuse()
    return table


def _csv(path: Path, content: bytes) -> tuple[tuple[str, ...], list[Line]]:
    rows = csv_records(path, as_utf8(path, content), spaced=True)
    _, head = next(rows, (1, []))
    columns = tuple(cell.strip().lower() for cell in head)
    lines = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            wrong = f"{len(cells)} cells, the header has {len(columns)}"
            raise DataError(f"{path}:{number}: {wrong}")
        stripped = (cell.strip() for cell in cells)
        lines.append(Line(number, dict(zip(columns, stripped, strict=True))))
    return columns, lines


def _parquet(path: Path, content: bytes) -> tuple[tuple[str, ...], list[Line]]:
    names, rows = read_parquet(path, content)
    columns = tuple(name.strip().lower() for name in names)
    return columns, [
        Line(number, dict(zip(columns, map(as_text, row), strict=True)))
        for number, row in enumerate(rows, 1)
    ]
