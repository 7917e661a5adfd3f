"""What is wrong with a study, one line each: place, offending value, nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from specbench.errors import SpecError
from specbench.spec.data import OWN_KIND
from specbench.spec.fields import DATA_KINDS, GROUPS, SETS, data_kinds, keys_at, nearest
from specbench.spec.locate import Path, nearest_line

_LONGEST_VALUE = 80
_BRANCH = re.compile(r"(list|dict|constrained|function)\[|constrained-")
"""How Pydantic names the branches of a union that it does not tell apart by a tag."""


@dataclass(frozen=True)
class Places:
    """Turns a path in the document into the ``place:`` that an error starts with."""

    file: str
    lines: dict[Path, int]
    overrides: Mapping[tuple[str, ...], str]

    def of(self, *paths: Path) -> str:
        """Return where to look for what several settings together cause.

        The ``--set`` that gave one of ``paths``, else ``file:line`` of the first that stands in the
        file, else of what surrounds the first.
        """
        for path in paths:
            for given, text in self.overrides.items():
                beneath = path not in self.lines and given[: len(path)] == path
                if path[: len(given)] == given or beneath:
                    return f"--set {one_line(text)}"
        found = next((path for path in paths if path in self.lines), paths[0])
        return f"{one_line(self.file)}:{nearest_line(self.lines, found)}"


@dataclass(frozen=True)
class Problem:
    """One thing wrong, at a path of the document, and other settings that have a part in it."""

    path: Path
    message: str
    others: tuple[Path, ...] = ()


def refuse(problems: list[Problem], places: Places) -> None:
    """Raise one :class:`SpecError` that holds a line per problem; nothing where there is none."""
    if problems:
        lines = [f"{places.of(p.path, *p.others)}: {one_line(p.message)}" for p in problems]
        raise SpecError("\n".join(dict.fromkeys(lines)))


def one_line(text: str) -> str:
    """Return a text without line breaks or control characters."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


def shown(value: Any) -> str:
    """Return an offending value as one short quoted word."""
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except RecursionError:
        return "a value nested deeply"
    text = str(value).lower() if isinstance(value, bool) else text
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
        if item["type"] == "union_tag_invalid":
            path = (*path, "kind")
        problems.append(Problem(path, _sentence(item, path, raw)))
    return _without_echoes(problems)


def _document_path(loc: tuple[int | str, ...], raw: Mapping[str, Any]) -> Path:
    """Drop the words that Pydantic adds to a location for the branches of a union."""
    path: list[int | str] = []
    value: Any = raw
    for position, part in enumerate(loc):
        if position == 1 and loc[0] == "tasks" and part in ("table", "list"):
            continue
        if position == 1 and loc[0] == "data" and part in (*DATA_KINDS, OWN_KIND):
            continue
        if position == 3 and loc[:2] in (GROUPS, SETS) and part in ("word", "list", "table"):
            continue
        if part == "[key]":
            break
        if isinstance(part, str) and _BRANCH.match(part):
            continue
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
        words = re.findall(r"'([^']*)'|(\d+)", context.get("expected", ""))
        known = [text or number for text, number in words] or data_kinds()
        value = context.get("tag", value)
        near = nearest(str(value), known)
        return f"{name} = {shown(value)} is none of {', '.join(known)}; the nearest is '{near}'"
    if kind == "union_tag_not_found":
        return f"{name}.kind is missing: one of {', '.join(data_kinds())}"
    message = item["msg"].replace("Input should be ", "it should be ")
    if kind == "string_pattern_mismatch":
        message = "it may not hold '+', '/' or control characters, nor start with a dot"
    elif path[:2] == ("conditions", "axes") and kind == "list_type":
        message = 'a list of values is expected, its path in quotes: "training.epochs" = [1, 2]'
    elif kind == "list_type":
        message = "it should be a list"
    elif kind in ("model_type", "model_attributes_type", "dict_type"):
        message = "it should be a table"
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
