"""``--set a.b=v``: values given on the command line, laid over the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from specbench.errors import SpecError
from specbench.spec.fields import DATA_KINDS, field_at, is_path, is_text


@dataclass(frozen=True)
class Override:
    """One ``--set``: as typed, the path it names and the value it gives."""

    text: str
    path: tuple[str, ...]
    value: Any

    @property
    def place(self) -> str:
        """How an error names it."""
        return f"--set {self.text}"


def parse(text: str, raw: Mapping[str, Any]) -> Override:
    """Read one ``--set``. A value that is no TOML is a bare string where the field takes text.

    A path in the file system counts from the working directory. Raises :class:`SpecError`.
    """
    try:
        path, value = _leaf(text)
    except (tomli.TOMLDecodeError, ValueError) as error:
        path, value = _bare_string(text, raw, error)
    field = field_at(path, raw)
    if field is not None and is_path(field) and isinstance(value, str):
        value = str(Path(value).absolute())
    return Override(text, path, value)


def _leaf(text: str) -> tuple[tuple[str, ...], Any]:
    """Return the dotted path and the value of one TOML assignment; ValueError if it is not one."""
    document: Any = tomli.loads(text)
    if len(document) != 1:
        raise ValueError("one path and one value are expected")
    key, equals, _ = text.partition("=")
    while True:
        try:
            path = _key_path(key)
            break
        except tomli.TOMLDecodeError:  # an equals sign inside a quoted key
            more, equals, _ = text[len(key) + 1 :].partition("=")
            if not equals:
                raise ValueError("no path before the equals sign") from None
            key = f"{key}={more}"
    for part in path:
        document = document[part]
    return path, document


def _bare_string(
    text: str, raw: Mapping[str, Any], error: Exception
) -> tuple[tuple[str, ...], str]:
    key, equals, word = text.partition("=")
    try:
        path = _key_path(key)
    except (tomli.TOMLDecodeError, ValueError):
        path = ()
    if not equals or not path:
        raise SpecError(f"--set {text}: not of the form path=value", "such as training.epochs=5")
    field = field_at(path, raw)
    if field is not None and is_text(field) and "\n" not in word:
        return path, word.strip()
    raise SpecError(f"--set {text}: the value is no TOML ({error})".replace("\n", " "))


def _key_path(key: str) -> tuple[str, ...]:
    value: Any = tomli.loads(f"{key} = 0")
    path: list[str] = []
    while isinstance(value, dict):
        (part,) = value
        path.append(part)
        value = value[part]
    return tuple(path)


def split_dotted(text: str) -> tuple[str, ...] | None:
    """Return the parts of a dotted path such as ``training.epochs``, or None if it is none."""
    try:
        return _key_path(text) if "\n" not in text and "=" not in text else None
    except (tomli.TOMLDecodeError, ValueError):
        return None


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
        raise SpecError(f"{'.'.join(path)}: '{head}' is a value and has no fields")
    changed = {**raw, head: put(inner, tuple(rest), value)}
    if path == ("data", "kind") and inner.get("kind") != value:
        changed["data"] = _fitting(changed["data"], str(inner.get("kind")), value)
    return changed


def _fitting(data: dict[str, Any], old: str, new: Any) -> dict[str, Any]:
    if old not in DATA_KINDS or new not in DATA_KINDS:
        return data
    gone = set(DATA_KINDS[old].model_fields) - set(DATA_KINDS[new].model_fields)
    return {key: value for key, value in data.items() if key not in gone}
