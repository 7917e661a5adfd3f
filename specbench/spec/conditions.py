"""Axes and cases turned into named conditions."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specbench.spec.fields import field_at, holds_path, keys_at, nearest, split_dotted
from specbench.spec.models import StudySpec
from specbench.spec.override import KIND, ordered, put
from specbench.spec.problems import Problem, dotted, one_line, shown
from specbench.spec.study import BASE, axes_of

SECTIONS = ("data", "tasks", "networks", "training", "transfer")
"""The sections that a condition may change."""
_MOST_CONDITIONS = 10_000

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Draft:
    """A condition not yet validated: its name, its document, and where it stands in the spec."""

    name: str
    raw: dict[str, Any]
    origins: dict[tuple[str, ...], Place]
    """For every path it changes, the place in the document that gives the value."""
    case: bool = False
    """Whether it is a named case, not a point of the product of the axes."""

    @property
    def place(self) -> Place:
        """Where it stands as a whole."""
        places = list(self.origins.values())
        return places[0][:3] if self.case and places else places[0] if places else ()


def drafts(
    spec: StudySpec, base: Mapping[str, Any], raw: dict[str, Any], folder: Path
) -> Iterator[Draft]:
    """Yield the product of the axes, then the named cases.

    ``base`` are the settings of the spec itself, defaults filled in: a point of the product that
    equals them in every value is the base and is not repeated.
    """
    axes = axes_of(spec.conditions)
    for indices in itertools.product(*(range(len(values)) for values in axes.values())):
        values = {path: axes[path][index] for path, index in zip(axes, indices, strict=True)}
        places: dict[str, Place] = {
            path: ("conditions", "axes", path, index)
            for path, index in zip(axes, indices, strict=True)
        }
        differing = {
            p: v for p, v in values.items() if not same(_absolute(p, v, folder), value_at(base, p))
        }
        if differing:
            name = ",".join(f"{path}={word(value)}" for path, value in differing.items())
            yield _draft(name, differing, places, raw, folder)
    for name, changes in spec.conditions.cases.items():
        places = {path: ("conditions", "cases", name, path) for path in changes}
        yield _draft(name, changes, places, raw, folder, case=True)


def _draft(
    name: str,
    changes: Mapping[str, Any],
    places: Mapping[str, Place],
    raw: dict[str, Any],
    folder: Path,
    case: bool = False,
) -> Draft:
    changed = raw
    origins: dict[tuple[str, ...], Place] = {}
    for parts, path in ordered(changes):
        changed = put(changed, parts, _absolute(path, changes[path], folder))
        origins[parts] = places[path]
    if not changes:
        origins[()] = ("conditions", "cases", name)
    return Draft(name, changed, origins, case)


def _absolute(path: str, value: Any, folder: Path) -> Any:
    if isinstance(value, str) and value and holds_path(split_dotted(path) or ()):
        return str((folder / value).absolute())
    return value


def path_problems(spec: StudySpec, raw: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with the paths and numbers of axes and cases."""
    axes, cases = spec.conditions.axes, spec.conditions.cases
    problems = _table_problems(("conditions", "axes"), axes, _kinds(raw, axes))
    for path, values in axes.items():
        problems += [
            Problem(("conditions", "axes", path, index), f"{path} = {word(value)} stands twice")
            for index, value in enumerate(values)
            if any(same(value, earlier) for earlier in values[:index])
        ]
    for case, changes in cases.items():
        place = ("conditions", "cases", case)
        if case == BASE:
            problems.append(Problem(place, f"a case may not be named '{BASE}'"))
        given = {path: [value] for path, value in changes.items()}
        problems += _table_problems(place, changes, _kinds(raw, given))
    if math.prod(len(values) for values in axes.values()) > _MOST_CONDITIONS:
        problems.append(
            Problem(
                ("conditions", "axes"),
                f"the product of the axes has more than {_MOST_CONDITIONS} conditions",
            )
        )
    return problems


def _kinds(raw: dict[str, Any], changes: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """Return the document once for every kind of data that the changes name, or as it is."""
    kinds = [kind for parts, text in ordered(changes) if parts == KIND for kind in changes[text]]
    return [put(raw, KIND, kind) for kind in kinds if isinstance(kind, str)] or [raw]


def _table_problems(
    place: Place, changes: Iterable[str], documents: list[dict[str, Any]]
) -> list[Problem]:
    problems = []
    known: dict[tuple[str, ...], str] = {}
    for path in changes:
        parts = split_dotted(path)
        messages = [_path_problem(path, parts, raw) for raw in documents]
        if parts is None or all(messages):
            problems.append(Problem((*place, path), messages[0]))
            continue
        clash = next((o for o in known if o[: len(parts)] == parts[: len(o)]), None)
        if clash is not None:
            message = f"{shown(path)} and {shown(known[clash])} set the same value"
            problems.append(Problem((*place, path), message))
        known[parts] = path
    return problems


def _path_problem(path: str, parts: tuple[str, ...] | None, raw: dict[str, Any]) -> str:
    if parts is not None and len(parts) == 1 and parts[0] in SECTIONS and parts[0] != "tasks":
        field = next(iter(keys_at(parts, raw)), "…")
        return f'{shown(path)} is a section: write the whole path in quotes, "{path}.{field}"'
    if parts is None or parts[0] not in SECTIONS:
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


def repeated_names(names: Mapping[str, list[Draft]]) -> list[Problem]:
    """Return a problem for every name that several conditions have."""
    return [
        Problem(drafts[-1].place, f"condition '{name}' exists twice")
        for name, drafts in names.items()
        if len(drafts) > 1
    ]


def value_at(settings: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path; None where there is none."""
    value: Any = settings
    for part in split_dotted(path) or ():
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def same(one: Any, two: Any) -> bool:
    """Tell whether two values of a spec mean the same (1 and 1.0 do, true and 1 do not)."""
    if isinstance(one, list | tuple) and isinstance(two, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    return bool(one == two) and isinstance(one, bool) == isinstance(two, bool)


def word(value: Any) -> str:
    """Return a value as it stands in a condition's name."""
    if isinstance(value, str):
        return one_line(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
