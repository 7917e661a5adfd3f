"""The published store for a notebook: a method for every view, each giving a pandas frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd

from specbench.errors import StoreError
from specbench.results import Results
from specbench.store.database import open_published

MEANING = {
    "studies": "a study that was run into this store",
    "data": "a split as a condition used it",
    "jobs": "a job of a study",
    "networks": "a trained network in its place in a study",
    "losses": "the loss of one target of one network, with the weights of its best epoch",
    "metrics": "one metric of one target of one network",
    "curves": "the loss of a target after one epoch",
    "method_log": "what a training method did in one epoch",
    "early_losses": "a validation loss after a fifth of the epochs",
    "constants": "the loss of the best constant answer",
    "quantities": "a loss or a metric of a target in a network",
    "gains": "the gain of a target with one partner, under one definition",
    "group_gains": "the gain of a target in a network of three tasks or more",
    "joint_gains": "the gain of a target in a network of two tasks or more",
    "published_gains": "a gain that was read from a file",
    "scores": "the value of one ordered pair under one score",
    "score_labels": "how a published score was printed",
    "group_scores": "what a score predicts for a target in a network of three tasks or more",
    "agreement": "one measure of how well a score predicts the gains",
    "reliability": "how well the headline gains repeat between seeds",
    "variance": "a part of the variance of the headline gains",
    "seed_intervals": "an interval of an agreement over seeds",
    "selections": "a set of networks chosen under a limit",
    "samples": "a picture of a test image: input, label or prediction",
    "transfers": "a target finetuned from a network trained on other tasks",
    "transfer_runs": "a finetuning, one a learning rate",
    "transfer_sets": "a set of sources and the targets it is averaged over",
    "transfer_tests": "related sources against as many at random",
    "duplicates": "texts of a target's test that a source was trained on",
    "transfer_notes": "a remark on a published transfer, or a mean that differs from its cells",
}
"""What a row of each view is; docs/views.md has the columns."""


class UnknownViewError(StoreError, AttributeError):
    """A view that the store has not, asked for as an attribute."""


class _Any:
    """The default of a filter: a column that is not looked at (None asks for NULL)."""

    def __repr__(self) -> str:
        return "<any>"


Frames = Callable[..., pd.DataFrame]


class Store:
    """A published store, open for reading: ``store.gains(study="quickstart", split="test")``.

    Every view of docs/views.md is a method. Its keyword arguments are the view's columns, each
    held equal to the value given, to None for NULL, or to any value of a list. It returns a frame
    of the rows that fit, in a fixed order, with the view's columns. NULL comes back as pandas'
    missing value, so whole numbers beside NULL become floats.

    Nothing can be written, and no other file is read. What a run publishes later is seen once the
    store is opened again. Close it, or use it in a ``with`` statement.
    """

    def __init__(self, results: str | Path = "results") -> None:
        """Open ``<results>/specbench.duckdb``; StoreError if there is no such folder or store."""
        places = Results.at(results)
        if not places.root.is_dir():
            raise StoreError(f"{places.root}: no such folder", "name the results folder of a run")
        self.path = places.store
        self._connection: duckdb.DuckDBPyConnection | None = open_published(places)
        self._views = _views(self._connection)
        for view, columns in self._views.items():
            setattr(self, view, self._method(view, columns))

    def sql(self, query: str) -> pd.DataFrame:
        """Return the rows of ``query`` as a frame; StoreError says what DuckDB does not accept."""
        return self._frame(query, [])

    def close(self) -> None:
        """Close the store; nothing can be read from it afterwards."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<specbench store {self.path}{'' if self._connection else ', closed'}>"

    def __getattr__(self, name: str) -> Frames:
        """Refuse a name that is no view (those are attributes of their own)."""
        raise UnknownViewError(f"no view {name!r}", f"the views are {', '.join(sorted(MEANING))}")

    def _method(self, view: str, columns: dict[str, str]) -> Frames:
        def read(**filters: Any) -> pd.DataFrame:
            unknown = sorted(set(filters) - set(columns))
            if unknown:
                held = ", ".join(columns)
                raise StoreError(f"view {view!r} has no column {unknown[0]!r}", f"it has {held}")
            wanted = {column: _allowed(value) for column, value in filters.items()}
            self._check_studies(wanted.get("study", []))
            where, values = _where(wanted)
            return self._frame(f"SELECT * FROM {view}{where} ORDER BY ALL", values)

        read.__name__ = view
        read.__qualname__ = f"{type(self).__name__}.{view}"
        read.__doc__ = _document(view, columns)
        read.__signature__ = Signature(  # type: ignore[attr-defined]
            [Parameter(name, Parameter.KEYWORD_ONLY, default=_Any()) for name in columns],
            return_annotation=pd.DataFrame,
        )
        return read

    def _check_studies(self, wanted: list[Any]) -> None:
        held = self._frame("SELECT study FROM studies ORDER BY study", [])["study"].tolist()
        for study in wanted:
            if study not in held:
                said = ", ".join(held) or "none"
                raise StoreError(f"no study {study!r} in the store", f"it holds {said}")

    def _frame(self, query: str, values: list[Any]) -> pd.DataFrame:
        if self._connection is None:
            raise StoreError(f"{self.path} is closed", "open it again with specbench.open")
        try:
            found: duckdb.DuckDBPyConnection | None = self._connection.execute(query, values)
            if found is None:
                raise StoreError("the query is empty", "write a SELECT")
            return found.df()
        except duckdb.Error as error:
            raise StoreError(f"the query failed: {error}") from error


def _views(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return the public views with their columns and types, in the order of ``MEANING``."""
    rows = connection.execute(
        "SELECT view_name, column_name, lower(data_type) FROM duckdb_views() AS v "
        "JOIN duckdb_columns() AS c ON c.table_name = v.view_name "
        "WHERE NOT v.internal ORDER BY column_index"
    ).fetchall()
    found: dict[str, dict[str, str]] = {view: {} for view in MEANING}
    for view, column, kind in rows:
        found.setdefault(view, {})[column] = kind
    return {view: columns for view, columns in found.items() if columns}


def _allowed(wanted: Any) -> list[Any]:
    """Return the values a filter lets through; NumPy's scalars become Python's numbers."""
    many = isinstance(wanted, Iterable) and not isinstance(wanted, str)
    return [one.item() if hasattr(one, "item") else one for one in (wanted if many else [wanted])]


def _where(wanted: dict[str, list[Any]]) -> tuple[str, list[Any]]:
    """Return the WHERE clause of the filters and its values; empty without filters."""
    parts = []
    for column, allowed in wanted.items():
        tests = [f"{column} IS NOT DISTINCT FROM ?"] * len(allowed)
        parts.append(f"({' OR '.join(tests)})" if tests else "false")
    values = [one for allowed in wanted.values() for one in allowed]
    return f" WHERE {' AND '.join(parts)}" if parts else "", values


def _document(view: str, columns: dict[str, str]) -> str:
    shown = "\n".join(f"    {name}: {kind}" for name, kind in columns.items())
    first = f"Return the view ``{view}`` as a frame"
    first += f"; a row is {MEANING[view]}." if view in MEANING else "."
    return (
        f"{first}\n\nEvery column is an optional filter: a value, None for NULL, or a list of "
        f"values.\n\n{shown}\n\nRaises StoreError for a column or a study that there is not.\n"
    )
