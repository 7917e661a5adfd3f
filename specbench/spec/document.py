"""A study's file as it stands, with overrides laid over it, before anything is validated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli

from specbench.errors import CodeError, SpecError
from specbench.spec.locate import lines_of
from specbench.spec.override import KIND, Override, parse, path_of, put, with_absolute_paths
from specbench.spec.problems import Places, one_line, shown
from specbench.spec.trust import FLAG, configuration, trusted
from specbench.usercode.load import load_code, unload

CODE = ("study", "code")
_LONG_NUMBER = re.compile(r"[0-9_]{4300,}")


def read_text(path: Path) -> str:
    """Return the text of a file; SpecError where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SpecError(f"{one_line(str(path))}:{line}: not UTF-8 text ({error.reason})") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"{one_line(str(path))}:1: cannot be read ({reason})") from error


def document(
    path: Path, text: str, texts: Sequence[str], *, allow_code: bool
) -> tuple[dict[str, Any], Places, list[Override]]:
    """Return the document with overrides laid over it, where its parts stand, and the overrides.

    The user's code that it names is run, if that is allowed, so that what it defines is known.
    """
    raw = parsed(path, text)
    lines = lines_of(text)
    for section in ("study", "data"):
        if section in raw:
            raw[section] = with_absolute_paths(raw[section], (section,), path.parent)
    given: list[Override] = []
    unload()

    def lay(items: Iterable[str]) -> Places:
        nonlocal raw
        for item in items:
            override = parse(item, raw)
            try:
                raw = put(raw, override.path, override.value)
            except SpecError as error:
                raise SpecError(f"{override.place}: {error}") from None
            given.append(override)
        return Places(str(path), lines, {o.path: o.text for o in given})

    # Code decides which names there are, the kind of data which fields [data] has: both first.
    places = lay(item for item in texts if path_of(item)[:1] == CODE[:1])
    _run_code(raw, places, allow_code)
    rest = [item for item in texts if path_of(item)[:1] != CODE[:1]]
    places = lay(sorted(rest, key=lambda item: path_of(item) != KIND))
    return raw, places, sorted(given, key=lambda override: texts.index(override.text))


def _run_code(raw: Mapping[str, Any], places: Places, allowed: bool) -> None:
    """Run the user's code that the document names, once; refuse where nobody allowed it."""
    section = raw.get("study")
    code = section.get("code") if isinstance(section, dict) else None
    if not isinstance(code, str) or not code:
        return
    if not allowed and not trusted(Path(code)):
        raise SpecError(
            f"{places.of(CODE)}: study.code = {shown(code)}: code of a study runs only where you "
            "allow it",
            f"read it, then add {FLAG}, or allow_code = true to {configuration()}",
        )
    try:
        load_code(Path(code))
    except CodeError as error:
        raise SpecError(f"{places.of(CODE)}: study.code: {error.message}", error.hint) from error


def parsed(path: Path, text: str) -> dict[str, Any]:
    """Return the document that a text holds; SpecError with its line where it is no TOML."""
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        message = f"{one_line(str(path))}:{error.lineno}: {one_line(error.msg)} (TOML)"
        raise SpecError(message) from error
    except ValueError as error:  # an integer of thousands of digits
        found = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        message = f"{one_line(str(path))}:{line}: {one_line(str(error))} (TOML)"
        raise SpecError(message) from error
