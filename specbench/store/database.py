"""The private DuckDB file that a run writes, and the public one that users read.

A reader only ever opens the published file, which is replaced as a whole; so no reader waits for
a run, and none stops it.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

from specbench.errors import StoreError
from specbench.results import Results, flush

SCHEMA_VERSION = 5
"""Raise it when tables or views change; older stores are made anew from the result folders."""
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

    The connection reaches no file but the store, and those in the folder ``out``, for exports. A
        store of another schema version is refused: its views may lack what the program asks for.
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
        raise _unreadable(results.store, error) from error
    try:
        version = _version(connection)
        if version != SCHEMA_VERSION:
            raise _of_another_version(results.store, version)
    except BaseException as error:
        connection.close()
        if isinstance(error, duckdb.Error):
            raise _unreadable(results.store, error) from error
        raise
    return connection


def _version(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("SELECT version FROM schema_version").fetchall()
    return int(found[0][0]) if found else 0


def _read_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every block of a store against DuckDB's own checksums; duckdb.Error if one is broken."""
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal")
    for (name,) in tables.fetchall():
        connection.execute(f"SELECT bit_xor(hash(t)) FROM {name} t").fetchall()


def _unreadable(path: Path, error: duckdb.Error) -> StoreError:
    return StoreError(
        f"{path}: not readable as a store ({error})",
        "specbench store rebuild makes it anew from the result folders",
    )


def _of_another_version(path: Path, version: int) -> StoreError:
    age = "a newer" if version > SCHEMA_VERSION else "an older"
    return StoreError(
        f"{path}: written by {age} specbench (schema {version}, this one has {SCHEMA_VERSION})",
        ("use that version, or make the store anew: " if age == "a newer" else "make it anew: ")
        + "specbench store rebuild",
    )


class PrivateStore:
    """The store as one run sees it: a copy of the published file, or a new one.

    A published file that is absent, unreadable or of an older schema is not ``inherited``, and the
    caller fills the new one. One of a newer schema raises :class:`StoreError`. With ``anew``
    nothing is inherited.
    """

    def __init__(self, results: Results, *, anew: bool = False) -> None:
        self.results = results
        self._folder = results.root / ".store"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._path = self._folder / "private.duckdb"
        copied = None if anew else self._copied()
        self.inherited = copied is not None
        self.connection = copied or create(self._path)
        self._published_at = 0.0
        self._cost = 0.0
        self.changed = False

    def _copied(self) -> duckdb.DuckDBPyConnection | None:
        """Return a connection to a copy of the published store, None if there is no usable one.

        Raises StoreError for a store of a newer schema.
        """
        if not self.results.store.is_file():
            return None
        shutil.copyfile(self.results.store, self._path)
        connection = None
        try:
            connection = duckdb.connect(str(self._path))
            version = _version(connection)
            if version == SCHEMA_VERSION:
                _read_all(connection)
                return connection
        except duckdb.Error:
            version = 0
        if connection is not None:
            connection.close()
        self._path.unlink()
        if version > SCHEMA_VERSION:
            raise _of_another_version(self.results.store, version)
        return None

    def due(self) -> bool:
        """Tell whether the last publication is long enough ago for another.

        At most every two seconds, and at most a twentieth of the time where the store is large.
        """
        return time.monotonic() - self._published_at >= max(_SECONDS_BETWEEN, 20 * self._cost)

    def publish(self, since: float | None = None) -> None:
        """Replace the published file by the present state, in one step.

        ``since`` is when the work for it began, by the monotonic clock, where that was before.
        """
        started = time.monotonic() if since is None else since
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


@contextmanager
def private_store(results: Results, *, anew: bool = False) -> Iterator[PrivateStore]:
    """Give the private store of a run, and drop it in the end.

    Raises :class:`StoreError` where the disk refuses what is written; finished jobs are kept.
    """
    store = None
    try:
        store = PrivateStore(results, anew=anew)
        yield store
    except duckdb.Error as error:
        if not isinstance(error, duckdb.IOException) and "Could not write" not in str(error):
            raise
        raise StoreError(
            f"{results.store}: the store cannot be written ({str(error).splitlines()[0]})",
            "finished jobs are kept; make room, then run again",
        ) from error
    finally:
        if store is not None:
            store.close()
