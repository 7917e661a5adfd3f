"""A set of texts: its files, its splits, and the rows that can be used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from specbench.data.text.rows import Row, read_rows
from specbench.errors import DataError

SPLITS = ("train", "val", "test")
_TENTH = 10
TEXT_VERSION = 1
"""Raise it when unchanged files would be packed otherwise."""


class Example(NamedTuple):
    """A row with its id, ``<file>:<line>``, and its file, for errors."""

    id: str
    path: Path
    row: Row


def files_of(settings: Mapping[str, Any]) -> dict[str, tuple[Path, Path | None]]:
    """Return the text and label files of the splits that have files of their own."""
    root, labels = Path(settings["root"]), settings.get("labels") or {}
    return {
        split: (root / name, root / labels[split] if split in labels else None)
        for split, name in settings["files"].items()
        if name
    }


def digest(settings: Mapping[str, Any]) -> str:
    """Return the hash of the bytes of a set's files; '' where one is not there."""
    running = hashlib.sha256()
    for split, paths in sorted(files_of(settings).items()):
        for path in paths:
            if path is None:
                continue
            try:
                content = path.read_bytes()
            except OSError:
                return ""
            running.update(f"{split}\0{len(content)}\0".encode())
            running.update(content)
    return running.hexdigest()


def read_set(settings: Mapping[str, Any]) -> dict[str, list[Example]]:
    """Return the examples of every split, those with problems too.

    A split without a file of its own is taken from the training file: a tenth each, by hash.
    """
    found: dict[str, list[Example]] = {}
    for split, (path, labels) in files_of(settings).items():
        rows = read_rows(path, settings, labels)
        found[split] = [Example(f"{path.name}:{row.line}", path, row) for row in rows]
    lacking = [split for split in ("val", "test") if split not in found]
    if lacking:
        whole = found["train"]
        found |= {split: [] for split in SPLITS if split in (*lacking, "train")}
        for one in whole:
            found[_split_of(one.id, lacking)].append(one)
    return {split: found[split] for split in SPLITS}


def _split_of(name: str, lacking: list[str]) -> str:
    tenth = int(hashlib.sha256(f"split\0{name}".encode()).hexdigest(), 16) % _TENTH
    return lacking[tenth] if tenth < len(lacking) else "train"


def refuse(example: Example, problem: str) -> DataError:
    """Return the error that a row makes where it may not be left out."""
    message = f"{example.path}:{example.row.line}: {problem}"
    return DataError(message, 'set data.missing = "leave_out" to leave such rows out')
