"""Which studies a store holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from specbench.errors import StoreError
from specbench.spec.load import load_name


def names_of(connection: duckdb.DuckDBPyConnection, specs: Sequence[Path]) -> list[str]:
    """Return the names of the studies of ``specs``, or of all studies where none is given.

    Raises StoreError for a study that was never run into this store.
    """
    held = [
        name
        for (name,) in connection.execute("SELECT study FROM studies ORDER BY study").fetchall()
    ]
    if not specs:
        if not held:
            raise StoreError("the store holds no study", "run one first: specbench run SPEC")
        return held
    names = [load_name(path) for path in specs]
    for name, path in zip(names, specs, strict=True):
        if name not in held:
            raise StoreError(f"study '{name}' is not in the store", f"run specbench run {path}")
    return names
