"""What no study in a results folder needs any more, and its removal.

A study needs every job of its recorded plan. Only what has a place in a results folder is ever
looked at; other files there are somebody else's.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from specbench.results import Results, is_key
from specbench.scheduler.records import needed_keys, recorded


@dataclass(frozen=True)
class Waste:
    """A file or folder that nothing needs."""

    path: Path
    what: str
    """What it is, in words."""
    size: int
    """Bytes of all files in it."""


def find_waste(results: Results) -> list[Waste]:
    """Return everything that no recorded study needs; for the one who holds the folder.

    Raises ResultError where the plan of a study cannot be read: nobody knows what it needs.
    """
    needed: set[str] = set()
    for name in recorded(results):
        needed |= needed_keys(results, name)
    found = [(results.folder(k), "result") for k in sorted(results.keys()) if k not in needed]
    found += [(path, "log") for path in _keyed(results.log("x").parent, needed)]
    found += [(path, "checkpoint") for path in _keyed(results.work("x").parent, needed)]
    found += [(path, "damaged result") for path in _inside(results.root / ".damaged")]
    leftovers = _inside(results.root / ".store")
    if not results.elsewhere.exists():
        leftovers = [*_inside(results.root / ".making"), *leftovers]
    leftovers += sorted((results.root / "studies").glob("*/.*.unfinished"))
    found += [(path, "left by a killed process") for path in leftovers]
    return [Waste(path, what, size_of(path)) for path, what in found]


def remove(results: Results, waste: Iterable[Waste]) -> None:
    """Remove what was found; a folder goes in one step, so no half of a result stays behind."""
    bin_ = results.root / ".making" / f"waste-{uuid.uuid4().hex[:8]}"
    bin_.mkdir(parents=True)
    for place, item in enumerate(waste):
        item.path.rename(bin_ / str(place))
    shutil.rmtree(bin_)


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder; links count as nothing."""
    if path.is_symlink():
        return 0
    if path.is_dir():
        return sum(size_of(inner) for inner in path.iterdir())
    return path.stat().st_size


def _keyed(folder: Path, needed: set[str]) -> Iterator[Path]:
    """Return what belongs to a job that nothing needs, told by its name."""
    for path in _inside(folder):
        key = path.name.removesuffix(".log")
        if is_key(key) and key not in needed:
            yield path


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
