"""Which studies a store holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from specbench.errors import StoreError
from specbench.spec.load import load_name


def names_of(connection: duckdb.DuckDBPyConnection, specs: Sequence[Path]) -> list[str]:
    """Return the names of the studies of ``specs``, or of all studies where none is given.

    A spec is a study's file, or the name of a study in the store: one run under a name of its own
    by ``--set study.name`` has no file. Raises StoreError for a study that was never run into this
    store.
    """
    held = [
        name
        for (name,) in connection.execute("SELECT study FROM studies ORDER BY study").fetchall()
    ]
    if not specs:
        if not held:
            raise StoreError("the store holds no study", "run one first: specbench run SPEC")
        return held
    names = []
    for path in specs:
        written = path.exists()
        name = load_name(path) if written else str(path)
        if name not in held:
            what = f"study '{name}' is not in the store" if written else f"'{path}' is no file"
            raise StoreError(
                f"{what}; the store holds {', '.join(held) or 'no study'}",
                f"run specbench run {path}" if written else "give a study's file, or such a name",
            )
        names.append(name)
    return names
