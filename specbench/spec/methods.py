"""Training methods as a study names them: what is wrong with their names and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from specbench.names import join
from specbench.spec.fields import METHOD_SETTINGS, nearest
from specbench.spec.problems import Problem, dotted, shown
from specbench.spec.settings import settings_problems
from specbench.spec.study import Condition
from specbench.training.methods.candidates import MEAN, combiners, resolved
from specbench.training.methods.catalogue import IT_MTL, METHODS, SOLVERS

_METHOD = ("training", "method")
_CANDIDATES = (*METHOD_SETTINGS, IT_MTL, "candidates")


def method_problems(condition: Condition) -> list[Problem]:
    """Return what is wrong with the training method of a condition, and with any settings."""
    training = condition.settings.training
    problems = []
    for name, table in training.method_settings.items():
        problems += _table_problems(name, table)
    if training.method not in METHODS:
        near = nearest(training.method, METHODS)
        message = f"unknown method {shown(training.method)}; the nearest is '{near}'"
        problems.append(Problem(_METHOD, message))
    if problems:
        return problems
    if missing := METHODS[training.method].missing():
        problems.append(Problem(_METHOD, _needs(training.method, missing)))
    if training.method == IT_MTL:
        problems += _candidate_problems(condition)
    return problems


def _table_problems(name: str, table: Mapping[str, Any]) -> list[Problem]:
    place = (*METHOD_SETTINGS, name)
    if name not in METHODS:
        near = nearest(name, METHODS)
        return [Problem(place, f"unknown method {shown(name)}; the nearest is '{near}'")]
    found = settings_problems(place, METHODS[name].options, table, "method")
    return found or _bound_problems(name, table)


def _bound_problems(name: str, table: Mapping[str, Any]) -> list[Problem]:
    """Return the values outside the bounds that the options' fields state."""
    problems = []
    for field in fields(METHODS[name].options):
        value, bounds = table.get(field.name), field.metadata
        if not bounds or value is None:
            continue
        inside = value >= bounds.get("least", value) and value <= bounds.get("most", value)
        if not inside or not bounds.get("above", float("-inf")) < value < float("inf"):
            path = (*METHOD_SETTINGS, name, field.name)
            problems.append(Problem(path, f"{dotted(path)} = {value}: {bounds_of(bounds)}"))
    return problems


def options_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a method's table, bounds and defaults included."""
    described = METHODS[name]
    schema = TypeAdapter(described.options).json_schema()
    defaults = described.with_defaults({})
    for field in fields(described.options):
        entry = schema["properties"][field.name]
        entry["default"] = defaults[field.name]
        entry |= {_KEYWORDS[key]: limit for key, limit in field.metadata.items()}
    schema["additionalProperties"] = False
    schema["description"] = f"{described.title}: {described.source}"
    return schema


_KEYWORDS = {"least": "minimum", "above": "exclusiveMinimum", "most": "maximum"}


def bounds_of(bounds: Mapping[str, Any]) -> str:
    """Return the bounds of a field in words."""
    words = {"least": "at least", "above": "above", "most": "at most"}
    return " and ".join(f"{words[key]} {limit:g}" for key, limit in bounds.items())


def _needs(name: str, missing: Sequence[str]) -> str:
    packages = " and ".join(missing)
    return f"method '{name}' needs {packages}, not installed: pip install '{SOLVERS}'"


def _candidate_problems(condition: Condition) -> list[Problem]:
    tables = condition.settings.training.method_settings
    given: list[str | list[str]] = METHODS[IT_MTL].with_defaults(tables.get(IT_MTL, {}))[
        "candidates"
    ]
    problems = []
    for index, candidate in enumerate(given):
        message = _candidate_problem(candidate, condition)
        if message:
            problems.append(Problem((*_CANDIDATES, index), message, (_METHOD,)))
    if problems:
        return problems
    for group in condition.groups:
        if len(group) > 1 and not resolved(given, group, tables):
            message = f"candidates leave the network {join(group)} without any; add '{MEAN}'"
            return [Problem(_CANDIDATES, message, (_METHOD,))]
    return []


def _candidate_problem(candidate: str | Sequence[str], condition: Condition) -> str:
    """Return what is wrong with one candidate, '' where nothing is."""
    if isinstance(candidate, str):
        known = [MEAN, *combiners()]
        if candidate not in known:
            listed = f"'{MEAN}', a method that reads gradients, or a list of tasks"
            near = nearest(candidate, known)
            return f"unknown candidate {shown(candidate)}: {listed}; the nearest is '{near}'"
        missing = METHODS[candidate].missing() if candidate != MEAN else []
        return _needs(candidate, missing) if missing else ""
    unknown = [name for name in candidate if name not in condition.tasks]
    if unknown:
        near = nearest(unknown[0], condition.tasks)
        return f"candidate names the unknown task {shown(unknown[0])}; the nearest is '{near}'"
    return "" if candidate else "a candidate needs tasks"
