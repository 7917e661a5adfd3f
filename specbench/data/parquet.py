"""Parquet through DuckDB, loaded at the first Parquet file only: no other job needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specbench.errors import DataError


def read_parquet(path: Path, content: bytes) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the columns and rows of a Parquet file, rows in file order.

    ``content`` are the bytes that the file held when its key was made; DuckDB reads the file
    itself, so the two are compared. Raises DataError where it is no Parquet.
    """
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as connection:
        try:
            found = connection.execute(
                "SELECT * FROM read_parquet(?, file_row_number = true) ORDER BY file_row_number",
                [str(path)],
            )
            names = [column[0] for column in found.description or ()]
            rows = found.fetchall()
        except duckdb.Error as error:
            raise DataError(f"{path}:1: not readable as Parquet ({error})") from error
    try:
        same = path.read_bytes() == content
    except OSError as error:
        raise DataError(f"{path}:1: cannot be read ({error.strerror or error})") from error
    if not same:
        raise DataError(f"{path}:1: changed while it was read", "run again")
    return names[:-1], [row[:-1] for row in rows]
