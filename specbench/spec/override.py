"""``--set a.b=v``: values given on the command line, laid over the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from specbench.errors import SpecError
from specbench.spec.fields import data_model, field_at, holds_path, is_text, split_dotted
from specbench.spec.problems import one_line

KIND = ("data", "kind")
"""The path that decides which other paths [data] has."""


@dataclass(frozen=True)
class Override:
    """One ``--set``: as typed, the path it names and the value it gives."""

    text: str
    path: tuple[str, ...]
    value: Any

    @property
    def place(self) -> str:
        """How an error names it."""
        return f"--set {one_line(self.text)}"


def parse(text: str, raw: Mapping[str, Any]) -> Override:
    """Read one ``--set``. A value that is no TOML is a bare string where the field takes text.

    A path in the file system counts from the working directory. Raises :class:`SpecError`.
    """
    place = f"--set {one_line(text)}"
    path, word = _parted(text)
    if not path:
        raise SpecError(f"{place}: not of the form path=value", "such as training.epochs=5")
    try:
        text.encode()
        document: Any = tomli.loads(text)
        value = document
        for part in path:
            value = value[part]
        if document != _nested(path, value):
            raise ValueError("one path and one value are expected")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        field = field_at(path, raw)
        if field is None or not is_text(field) or not word.isprintable():
            raise SpecError(f"{place}: the value is no TOML ({one_line(str(error))})") from None
        value = word.strip()
    return Override(text, path, with_absolute_paths(value, path, Path()))


def path_of(text: str) -> tuple[str, ...]:
    """Return the path that the text of a ``--set`` names, or () where it names none."""
    return _parted(text)[0]


def _parted(text: str) -> tuple[tuple[str, ...], str]:
    """Return path and value of ``path=value``; an equals sign may stand in a quoted key."""
    for place in (place for place, letter in enumerate(text) if letter == "="):
        path = split_dotted(text[:place])
        if path:
            return path, text[place + 1 :]
    return (), ""


def _nested(path: tuple[str, ...], value: Any) -> Any:
    for part in reversed(path):
        value = {part: value}
    return value


def with_absolute_paths(value: Any, path: tuple[str, ...], folder: Path) -> Any:
    """Return the value at ``path`` with the paths in it absolute, counted from ``folder``.

    Looks into [study], [data] and the axes and cases of [conditions].
    """
    if isinstance(value, dict) and len(path) < 4:
        return {k: with_absolute_paths(v, (*path, k), folder) for k, v in value.items()}
    if isinstance(value, list) and path[:2] == ("conditions", "axes"):
        return [with_absolute_paths(item, path, folder) for item in value]
    if isinstance(value, str) and value and holds_path(_changed_by(path)):
        return str((folder / value).absolute())
    return value


def _changed_by(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path that an axis or a case changes, any other path as it is."""
    place = {"cases": 3, "axes": 2}.get(path[1]) if path[0] == "conditions" and path[1:] else None
    if place is None or len(path) != place + 1:
        return path
    return split_dotted(path[place]) or ()


def ordered(changes: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the paths of a condition, parted and as written; the kind of data comes first."""
    parted = [(split_dotted(text) or (text,), text) for text in changes]
    yield from sorted(parted, key=lambda item: (item[0] != KIND, item[0]))


def put(raw: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a copy of a nested table with ``value`` at ``path``.

    A new ``data.kind`` drops the fields that only the old kind has, so that a study can be moved
    to other data by one word. Raises :class:`SpecError` where the path runs through a value.
    """
    head, *rest = path
    if not rest:
        return {**raw, head: value}
    inner = raw.get(head, {})
    if isinstance(inner, list) and head == "tasks":
        inner = {name: {} for name in inner if isinstance(name, str)}
    if not isinstance(inner, dict):
        raise SpecError(f"'{one_line(head)}' is a value and has no fields")
    changed = {**raw, head: put(inner, tuple(rest), value)}
    if path == KIND and inner.get("kind") != value:
        changed["data"] = _fitting(changed["data"], inner.get("kind"), value)
    return changed


def _fitting(data: dict[str, Any], old: Any, new: Any) -> dict[str, Any]:
    if not (isinstance(old, str) and isinstance(new, str)):
        return data
    before, after = data_model(old), data_model(new)
    if before is None or after is None:
        return data
    gone = set(before.model_fields) - set(after.model_fields)
    return {key: value for key, value in data.items() if key not in gone}
