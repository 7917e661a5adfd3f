"""A table file as columns of text cells: CSV, also gzipped, and Parquet, with line numbers."""

from __future__ import annotations

import difflib
import gzip
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from specbench.data.cells import as_text, as_utf8, csv_records, finite, is_parquet
from specbench.data.parquet import read_parquet
from specbench.data.source import BrokenFileError
from specbench.errors import DataError


@dataclass(frozen=True)
class Columns:
    """The wanted columns of a file: a cell a row, without spaces around it, '' where empty."""

    path: Path
    cells: dict[str, list[str]]
    lines: list[int]
    """The line that each row begins on; of Parquet the row's number, from 1."""

    def __len__(self) -> int:
        return len(self.lines)

    def number(self, column: str, row: int) -> float:
        """Return a cell as a number, NaN where it is empty; BrokenFileError for anything else."""
        text = self.cells[column][row]
        if not text or text.lower() == "nan":
            return float("nan")
        value = finite(text)
        if value is None:
            raise self.broken(column, row, "no number")
        return value

    def broken(self, column: str, row: int, what: str) -> BrokenFileError:
        """Return the error for a cell that is not what its column holds."""
        reason, found = f"{what} in column {column!r}", f": {self.cells[column][row][:60]!r}"
        return BrokenFileError(self.path, reason, found, self.lines[row])


def read_columns(path: Path, wanted: Collection[str]) -> Columns:
    """Return the columns ``wanted`` of a file, by the end of its name: .csv, .csv.gz, .parquet.

    Anything but Parquet is read as CSV. Raises DataError, as ``path:line: what is wrong``, for
    what cannot be read, a row of too many or too few cells, and a column that is not there.
    """
    parse = _parquet if is_parquet(path) else _csv
    columns = parse(path, list(dict.fromkeys(wanted)))
    if not len(columns):
        raise DataError(f"{path}:1: no rows")
    return columns


def _places(path: Path, names: list[str], wanted: list[str]) -> dict[str, int]:
    """Return where the wanted columns stand."""
    for name in wanted:
        if names.count(name) > 1:
            raise DataError(f"{path}:1: column {name!r} stands twice")
        if name not in names:
            near = difflib.get_close_matches(name, names, 1, cutoff=0)
            hint = f"the nearest is {near[0]!r}" if near else ""
            raise DataError(f"{path}:1: no column {name!r}", hint)
    return {name: names.index(name) for name in wanted}


def _csv(path: Path, wanted: list[str]) -> Columns:
    rows = csv_records(path, as_utf8(path, _content(path)))
    _, head = next(rows, (1, []))
    places = _places(path, [cell.strip() for cell in head], wanted)
    cells: dict[str, list[str]] = {name: [] for name in wanted}
    lines = []
    for number, found in rows:
        if not found:
            continue
        if len(found) != len(head):
            wrong = f"{len(found)} cells, the header has {len(head)}"
            raise DataError(f"{path}:{number}: {wrong}")
        lines.append(number)
        for name, place in places.items():
            cells[name].append(found[place].strip())
    return Columns(path, cells, lines)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix.lower() == ".gz" else content
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path}:1: no gzip file, or cut short ({error})") from error
    except OSError as error:
        raise DataError(f"{path}:1: cannot be read ({error.strerror or error})") from error


def _parquet(path: Path, wanted: list[str]) -> Columns:
    names, rows = read_parquet(path, _content(path))
    places = _places(path, names, wanted)
    cells = {name: [_cell(row[place]) for row in rows] for name, place in places.items()}
    return Columns(path, cells, list(range(1, len(rows) + 1)))


def _cell(value: object) -> str:
    """Return a value as text, booleans as the numbers that a binary task reads."""
    return as_text(int(value) if isinstance(value, bool) else value)
