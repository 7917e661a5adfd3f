"""What a report needs to know of a study before it asks for numbers: its axes and definitions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from typing import Any

import duckdb

from specbench.errors import StoreError
from specbench.report.query import ask, equals, has_view
from specbench.report.vocabulary import SCORES
from specbench.store.definitions import nearest

BASE = "base"
PROXY = "proxy"


@dataclass(frozen=True)
class Definition:
    """One definition of a gain."""

    quantity: str = "loss"
    baseline: str = "half"
    denominator: str = "joint"
    split: str = "test"

    def where(self) -> str:
        """Return the condition that picks the definition's rows."""
        return equals(
            quantity=self.quantity,
            baseline=self.baseline,
            denominator=self.denominator,
            split=self.split,
        )

    @property
    def capacity(self) -> float:
        """The capacity of the single net the gain is measured against."""
        return {"half": 0.5, "full": 1.0}.get(self.baseline, 0.5)


@dataclass(frozen=True)
class Study:
    """A study's axes in the order of display; ``main`` is the condition shown first."""

    name: str
    tasks: tuple[str, ...]
    conditions: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: tuple[str, ...]
    definition: Definition
    """Of the headline gain: the one in force."""
    asked: Definition | None = None
    """The one the spec asks for, where published figures cannot give it."""
    spec: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The headline the spec gives the study, or its name."""
        section = self.spec.get("study")
        return str((section.get("title") if isinstance(section, dict) else "") or self.name)

    @property
    def samples(self) -> str:
        """What the networks are fed: ``images``, or ``rows`` or ``windows`` of a table."""
        data = self.spec.get("data")
        if not isinstance(data, dict) or data.get("kind") != "table":
            return "images"
        return "windows" if data.get("window") else "rows"

    @property
    def main(self) -> str:
        """The condition of the headline: ``base``, or the first there is."""
        return self.conditions[0] if self.conditions else BASE

    def where(self, condition: str | None = None) -> str:
        """Return the SQL condition for the study, and for one of its conditions if given."""
        if condition is None:
            return equals(study=self.name)
        return equals(study=self.name, condition=condition)


def read_study(connection: duckdb.DuckDBPyConnection, name: str) -> Study:
    """Read the axes of study ``name``; StoreError if the store does not hold it."""
    found = ask(connection, f"SELECT * FROM studies WHERE {equals(study=name)}").rows
    if not found:
        held = [row["study"] for row in ask(connection, "SELECT study FROM studies").rows]
        raise StoreError(f"no study {name!r} in the store", f"it holds {', '.join(held) or 'none'}")
    spec = parse(found[0]["spec_resolved"])
    definition, asked = _definition(connection, name, spec)
    return Study(
        name=name,
        tasks=_tasks(connection, name, spec),
        conditions=_first(_distinct(connection, name, "condition"), _condition_order(spec)),
        seeds=tuple(sorted(_distinct(connection, name, "seed", _RUNS))),
        scores=_first(_scores_of_pairs(connection, name), SCORES),
        definition=definition,
        asked=None if asked == definition else asked,
        spec=spec,
    )


def parse(text: str | None) -> dict[str, Any]:
    """Return a JSON object, or an empty one where there is none."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


_RUNS = ("networks", "gains", "scores", "transfers")
_AXES = ("networks", "gains", "scores", "agreement", "transfers")


def _distinct(
    connection: duckdb.DuckDBPyConnection, name: str, column: str, views: Iterable[str] = _AXES
) -> set[Any]:
    parts = [
        f"SELECT {column} AS value FROM {view} WHERE {equals(study=name)}"
        for view in views
        if has_view(connection, view)
    ]
    rows = ask(connection, " UNION ".join(parts)).rows
    return {row["value"] for row in rows if row["value"] is not None}


def _scores_of_pairs(connection: duckdb.DuckDBPyConnection, name: str) -> set[str]:
    """Return the scores of pairs; those that predict groups only are no part of the comparison."""
    found = _distinct(connection, name, "score", ("scores",))
    if not has_view(connection, "agreement"):
        return found
    where = equals(study=name, level="pairs") + " AND condition = score_condition"
    rows = ask(connection, f"SELECT DISTINCT score FROM agreement WHERE {where}").rows
    # The gains of a condition are a score for other conditions only.
    return (found - {PROXY}) | {row["score"] for row in rows}


def _first(values: Iterable[str], order: Iterable[str]) -> tuple[str, ...]:
    """Return ``values`` in the given order, those it does not name after it, by alphabet."""
    rank = {name: place for place, name in enumerate(order)}
    return tuple(sorted(set(values), key=lambda name: (rank.get(name, len(rank)), name)))


def _tasks(
    connection: duckdb.DuckDBPyConnection, name: str, spec: dict[str, Any]
) -> tuple[str, ...]:
    found = _distinct(connection, name, "target", ("losses", "gains", "scores"))
    return _first(found, _task_order(spec.get("tasks")))


def _task_order(tasks: object) -> list[str]:
    return [str(name) for name in tasks] if isinstance(tasks, (dict, list)) else []


def _condition_order(spec: dict[str, Any]) -> list[str]:
    said = spec.get("conditions")
    return [BASE, *said] if isinstance(said, dict) else [BASE]


def _definition(
    connection: duckdb.DuckDBPyConnection, name: str, spec: dict[str, Any]
) -> tuple[Definition, Definition]:
    """Return the headline definition in force, and the one the spec asks for."""
    said = spec.get("gain")
    known = {key: str(said[key]) for key in _PARTS if key in said} if isinstance(said, dict) else {}
    asked = Definition(**known)
    sql = f"SELECT DISTINCT {', '.join(_PARTS)} FROM gains WHERE {equals(study=name)} ORDER BY ALL"
    held = [astuple(Definition(**row)) for row in ask(connection, sql).rows]
    return Definition(*nearest(astuple(asked), held)), asked


_PARTS = ("quantity", "baseline", "denominator", "split")
