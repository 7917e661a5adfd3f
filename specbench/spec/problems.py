"""What is wrong with a study, one line each: place, offending value, nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from specbench.errors import SpecError
from specbench.spec.fields import DATA_KINDS, keys_at, nearest
from specbench.spec.locate import Path, nearest_line

_LONGEST_VALUE = 80


@dataclass(frozen=True)
class Places:
    """Turns a path in the document into the ``place:`` that an error starts with."""

    file: str
    lines: dict[Path, int]
    overrides: Mapping[tuple[str, ...], str]

    def of(self, path: Path) -> str:
        """Return ``file:line`` of a path, or the ``--set`` that gave it."""
        for given, text in self.overrides.items():
            if path[: len(given)] == given:
                return f"--set {text}"
        return f"{self.file}:{nearest_line(self.lines, path)}"


@dataclass(frozen=True)
class Problem:
    """One thing wrong, at a path of the document."""

    path: Path
    message: str


def refuse(problems: list[Problem], places: Places) -> None:
    """Raise one :class:`SpecError` that holds a line per problem; nothing where there is none."""
    if problems:
        lines = [f"{places.of(p.path)}: {one_line(p.message)}" for p in problems]
        raise SpecError("\n".join(dict.fromkeys(lines)))


def one_line(text: str) -> str:
    """Return a text without line breaks or control characters."""
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", text)


def shown(value: Any) -> str:
    """Return an offending value as one short quoted word."""
    text = repr(value) if isinstance(value, str) else str(value)
    text = {True: "true", False: "false"}.get(value, text) if isinstance(value, bool) else text
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def dotted(path: Path) -> str:
    """Return a path as a person writes it: ``training.epochs``, ``seeds[1]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "the study"


def from_validation(error: ValidationError, raw: Mapping[str, Any]) -> list[Problem]:
    """Translate what Pydantic found into problems at paths of the document."""
    problems: list[Problem] = []
    for item in error.errors(include_url=False):
        path = _document_path(item["loc"], raw)
        problems.append(Problem(path, _sentence(item, path, raw)))
    return _without_echoes(problems)


def _document_path(loc: tuple[int | str, ...], raw: Mapping[str, Any]) -> Path:
    """Drop the words that Pydantic adds to a location for the branches of a union."""
    path: list[int | str] = []
    value: Any = raw
    for position, part in enumerate(loc):
        if position == 1 and loc[0] == "tasks" and part in ("table", "list"):
            continue
        if position == 1 and loc[0] == "data" and part in DATA_KINDS:
            continue
        if part == "[key]":
            break
        if isinstance(value, Mapping):
            path.append(part)
            value = value.get(part) if isinstance(part, str) else None
        elif isinstance(value, list) and isinstance(part, int):
            path.append(part)
            value = value[part] if part < len(value) else None
    return tuple(path)


def _sentence(item: Any, path: Path, raw: Mapping[str, Any]) -> str:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    name = dotted(path)
    if kind == "extra_forbidden":
        known = keys_at(path[:-1], raw)
        near = nearest(str(path[-1]), known)
        table = f"[{dotted(path[:-1])}]" if len(path) > 1 else "the study"
        return f"unknown key {shown(path[-1])} in {table}; the nearest valid name is '{near}'"
    if kind == "missing":
        return f"{name} is missing"
    if kind in ("literal_error", "union_tag_invalid"):
        words = re.findall(r"'([^']*)'|(\d+)", context.get("expected") or context["expected_tags"])
        known = [text or number for text, number in words]
        value = context.get("tag", value)
        name = f"{name}.kind" if kind == "union_tag_invalid" else name
        near = nearest(str(value), known)
        return f"{name} = {shown(value)} is none of {', '.join(known)}; the nearest is '{near}'"
    if kind == "union_tag_not_found":
        return f"{name}.kind is missing: one of {', '.join(DATA_KINDS)}"
    message = item["msg"].replace("Input should be ", "it should be ")
    if kind == "string_pattern_mismatch":
        message = "it may not hold '+', '/' or control characters, nor start with a dot"
    return f"{name} = {shown(value)}: {message}"


def _without_echoes(problems: list[Problem]) -> list[Problem]:
    """Merge what the branches of a union say about the same value."""
    merged: dict[Path, str] = {}
    for problem in problems:
        known = merged.get(problem.path)
        if known is None:
            merged[problem.path] = problem.message
        elif ": " in problem.message:
            merged[problem.path] = f"{known}, or {problem.message.rpartition(': ')[2]}"
    return [Problem(path, message) for path, message in merged.items()]
