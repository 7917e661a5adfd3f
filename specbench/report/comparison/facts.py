"""What the studies are, side by side: sizes, data, definitions, and every setting that differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import duckdb

from specbench.report.comparison.studies import Comparison
from specbench.report.findings import Findings
from specbench.report.numerals import NOTHING, listing
from specbench.report.provenance import flat, read_provenance
from specbench.report.study import Definition

SECTIONS = ("data", "networks", "training")  # of a spec: what makes the same task another one


@dataclass(frozen=True)
class Fact:
    """One thing to know of every study, in the order of the studies."""

    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the studies are not alike in it."""
        return len(set(self.values)) > 1


def read_facts(connection: duckdb.DuckDBPyConnection, beside: Comparison) -> list[Fact]:
    """Return sizes and definitions always, settings of the spec only where they differ."""
    facts = [Fact(name, tuple(map(tell, beside.found))) for name, tell in _SIZES.items()]
    facts += _data(connection, beside)
    facts += [
        Fact(f"gain: {part.name}", _definition(beside, part.name)) for part in fields(Definition)
    ]
    return facts + _settings(beside)


def differing_definitions(beside: Comparison) -> list[tuple[str, tuple[str, ...]]]:
    """Return the parts of the gain's definition that are not the same in all studies."""
    parts = [(part.name, _definition(beside, part.name)) for part in fields(Definition)]
    return [(name, values) for name, values in parts if len(set(values)) > 1]


def _definition(beside: Comparison, part: str) -> tuple[str, ...]:
    return tuple(str(getattr(one.study.definition, part)) for one in beside.found)


_SIZES: dict[str, Callable[[Findings], str]] = {
    "title": lambda one: one.study.title,
    "tasks": lambda one: f"{len(one.study.tasks)}: {listing(sorted(one.study.tasks), 24)}",
    "ordered pairs with a gain": lambda one: str(len(one.gains.cells)),
    "seeds": lambda one: str(len(one.study.seeds)),
    "conditions": lambda one: f"{len(one.study.conditions)}: {listing(one.study.conditions, 12)}",
    "condition compared": lambda one: one.study.main,
    "scores": lambda one: str(len(one.study.scores)),
    "jobs without a result": lambda one: str(len(one.work.unfinished)),
}


def _data(connection: duckdb.DuckDBPyConnection, beside: Comparison) -> list[Fact]:
    """Return images by split and the fingerprint of the condition compared."""
    images, prints = [], []
    for one in beside.found:
        rows = [r for r in read_provenance(connection, one.study).data
                if r["condition"] == one.study.main]  # fmt: skip
        images.append(", ".join(f"{r['images']} {r['split']}" for r in rows) or NOTHING)
        prints.append(next((r["fingerprint"] for r in rows if r["split"] == "train"), NOTHING))
    known = [Fact("images", tuple(images)), Fact("data fingerprint (train)", tuple(prints))]
    return [fact for fact in known if set(fact.values) != {NOTHING}]


def _settings(beside: Comparison) -> list[Fact]:
    """Return what specs say of data, networks and training, where two of them do not agree."""
    specs = [dict(_spec(one.study.spec)) for one in beside.found]
    names = dict.fromkeys(name for spec in specs for name in spec)
    facts = [Fact(name, tuple(spec.get(name, NOTHING) for spec in specs)) for name in names]
    return [fact for fact in facts if len(set(fact.values) - {NOTHING}) > 1]


def _spec(spec: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the settings in force; figures that were read have no networks and no training."""
    data = spec.get("data")
    read = isinstance(data, dict) and data.get("kind") == "published"
    held = {name: spec.get(name) for name in (("data",) if read else SECTIONS)}
    pairs = flat({name: entry for name, entry in held.items() if isinstance(entry, dict)})
    return tuple((name, _short(text)) for name, text in pairs if text != "None")


def _short(text: str) -> str:
    """Return a path as its last part: where a file lies is no difference between studies."""
    slashed = text.replace("\\", "/")
    return slashed.rstrip("/").rpartition("/")[2] if slashed.startswith("/") else text
