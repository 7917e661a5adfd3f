"""Axes and cases turned into named conditions."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specbench.spec.fields import field_at, is_path, keys_at, nearest
from specbench.spec.models import StudySpec
from specbench.spec.override import put, split_dotted
from specbench.spec.problems import Problem, dotted, shown
from specbench.spec.study import BASE, axes_of

SECTIONS = ("data", "tasks", "networks", "training")
"""The sections that a condition may change."""


@dataclass(frozen=True)
class Draft:
    """A condition not yet validated: its name, its document, and where it stands in the spec."""

    name: str
    raw: dict[str, Any]
    origins: dict[tuple[str, ...], tuple[str | int, ...]]
    """For every path it changes, the place in the document that gives the value."""


def drafts(
    spec: StudySpec, base: Mapping[str, Any], raw: dict[str, Any], folder: Path
) -> Iterator[Draft]:
    """Yield the product of the axes, then the named cases.

    ``base`` are the settings of the spec itself, defaults filled in: a point of the product that
    equals them in every value is the base and is not repeated.
    """
    axes = axes_of(spec.conditions)
    for indices in itertools.product(*(range(len(values)) for values in axes.values())):
        places: dict[str, tuple[str | int, ...]] = {
            path: ("conditions", "axes", path, index)
            for path, index in zip(axes, indices, strict=True)
        }
        values = {path: axes[path][index] for path, index in zip(axes, indices, strict=True)}
        differing = {p: v for p, v in values.items() if not same(v, value_at(base, p))}
        if differing:
            name = ",".join(f"{path}={word(value)}" for path, value in differing.items())
            yield _draft(name, differing, places, raw, folder)
    for name, changes in spec.conditions.cases.items():
        places = {path: ("conditions", "cases", name, path) for path in changes}
        yield _draft(name, changes, places, raw, folder)


def _draft(
    name: str,
    changes: Mapping[str, Any],
    places: Mapping[str, tuple[str | int, ...]],
    raw: dict[str, Any],
    folder: Path,
) -> Draft:
    changed = raw
    origins = {}
    for path, value in changes.items():
        parts = split_dotted(path) or (path,)
        field = field_at(parts, changed)
        if field is not None and is_path(field) and isinstance(value, str):
            value = str((folder / value).absolute())
        changed = put(changed, parts, value)
        origins[parts] = places[path]
    return Draft(name, changed, origins)


def path_problems(spec: StudySpec, raw: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with the paths that axes and cases name."""
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("conditions", "axes", path), path) for path in spec.conditions.axes
    ]
    for case, changes in spec.conditions.cases.items():
        named += [(("conditions", "cases", case, path), path) for path in changes]
        if case == BASE:
            named.append((("conditions", "cases", case), ""))
    problems = []
    for place, path in named:
        message = _path_problem(path, raw) if path else f"a case may not be named '{BASE}'"
        if message:
            problems.append(Problem(place, message))
    return problems


def _path_problem(path: str, raw: dict[str, Any]) -> str:
    parts = split_dotted(path)
    if parts is None or parts[0] not in SECTIONS or (len(parts) == 1 and parts[0] != "tasks"):
        near = nearest(path.partition(".")[0], SECTIONS)
        return (
            f"{shown(path)} is no path that a condition can change: it must lie under "
            f"{', '.join(SECTIONS)}; the nearest is '{near}'"
        )
    if parts[0] == "tasks" and len(parts) <= 2:
        return ""
    if field_at(parts, raw) is None:
        table = parts[:-1]
        while table and not keys_at(table, raw):
            table = table[:-1]
        near = nearest(parts[-1], keys_at(table, raw))
        return f"unknown path {shown(path)}; the nearest valid one is '{dotted((*table, near))}'"
    return ""


def value_at(settings: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path; None where there is none."""
    value: Any = settings
    for part in split_dotted(path) or ():
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def same(one: Any, two: Any) -> bool:
    """Tell whether two values of a spec mean the same (1 and 1.0 do, true and 1 do not)."""
    return one == two and isinstance(one, bool) == isinstance(two, bool)


def word(value: Any) -> str:
    """Return a value as it stands in a condition's name."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
