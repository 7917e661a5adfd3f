"""Symbolic links where something is about to be written: they may lead anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from specbench.errors import ResultError


def refuse_links(*places: Path) -> None:
    """Raise :class:`ResultError` if one of the places, or anything below one, is a link.

    A folder that came from somebody else could otherwise have files elsewhere written or emptied.
    """
    for place in places:
        for link in _links(place):
            raise ResultError(
                f"{link}: a symbolic link, and nothing is written through links",
                "put what it leads to in its place, or remove it",
            )


def _links(place: Path) -> Iterator[Path]:
    if place.is_symlink():
        yield place
    elif place.is_dir():
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_symlink() or entry.is_dir(follow_symlinks=False):
                    yield from _links(Path(entry.path))
