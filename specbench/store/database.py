"""The private DuckDB file that a run writes, and the public one that users read.

A reader only ever opens the published file, which is replaced as a whole; so no reader waits for
a run, and none stops it.
"""

from __future__ import annotations

import shutil
import time
import uuid
from importlib.resources import files
from pathlib import Path

import duckdb

from specbench.errors import StoreError
from specbench.results import Results, flush

SCHEMA_VERSION = 3
"""Raise it when tables or views change; older stores are rebuilt from the result folders."""
_SECONDS_BETWEEN = 2.0


def create(path: Path | str) -> duckdb.DuckDBPyConnection:
    """Return a connection to a new, empty store."""
    connection = duckdb.connect(str(path))
    for name in ("schema.sql", "views.sql"):
        connection.execute(files("specbench.store").joinpath(name).read_text(encoding="utf-8"))
    connection.execute("INSERT INTO schema_version VALUES (?)", [SCHEMA_VERSION])
    return connection


def open_published(results: Results, out: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection to the published store; :class:`StoreError` if there is none.

    The connection reaches no file but the store, and those in the folder ``out``, for exports.
    """
    if not results.store.is_file():
        raise StoreError(f"{results.store}: no store yet", "run a study first, or name --results")
    try:
        connection = duckdb.connect(str(results.store), read_only=True)
        if out is not None:
            allowed = str(out.absolute()).replace("'", "''")
            connection.execute(f"SET allowed_directories = ['{allowed}']")
        connection.execute("SET enable_external_access = false")
    except duckdb.Error as error:
        raise StoreError(f"{results.store}: not readable as a store ({error})") from error
    return connection


class PrivateStore:
    """The store as one run sees it: a copy of the published file, or a new one."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self._folder = results.root / ".store"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._path = self._folder / "private.duckdb"
        self.connection = self._copied() or create(self._path)
        self._published_at = 0.0
        self._cost = 0.0
        self.changed = False

    def _copied(self) -> duckdb.DuckDBPyConnection | None:
        """Return a connection to a copy of the published store, None if there is no usable one."""
        if not self.results.store.is_file():
            return None
        shutil.copyfile(self.results.store, self._path)
        connection = None
        try:
            connection = duckdb.connect(str(self._path))
            version = connection.execute("SELECT version FROM schema_version").fetchall()
            if version == [(SCHEMA_VERSION,)]:
                return connection
        except duckdb.Error:
            pass
        if connection is not None:
            connection.close()
        self._path.unlink()
        return None

    def due(self) -> bool:
        """Tell whether the last publication is long enough ago for another.

        At most every two seconds, and at most a twentieth of the time where the store is large.
        """
        return time.monotonic() - self._published_at >= max(_SECONDS_BETWEEN, 20 * self._cost)

    def publish(self) -> None:
        """Replace the published file by the present state, in one step."""
        started = time.monotonic()
        self.connection.execute("CHECKPOINT")
        copy = self._folder / f"publish-{uuid.uuid4().hex[:8]}.duckdb"
        shutil.copyfile(self._path, copy)
        flush(copy)
        copy.replace(self.results.store)
        self._published_at = time.monotonic()
        self._cost = self._published_at - started
        self.changed = False

    def close(self) -> None:
        """Close and drop the private file."""
        self.connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)
