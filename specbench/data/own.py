"""What a source of the user's own is: a ``Source`` that a study names, with settings."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from specbench.data.domains import Domain
from specbench.data.source import SPLITS, BrokenFileError, Item, Source
from specbench.errors import DataError


def domain_of(has: Mapping[str, Domain], name: str, root: Path) -> Domain:
    """Return the entry ``name`` of ``has``; DataError with the nearest one where there is none."""
    if name not in has:
        near = difflib.get_close_matches(name, has, 1) or sorted(has)
        raise DataError(f"{root}: no domain {name!r}", f"it has {', '.join(near)}")
    return has[name]


@dataclass(frozen=True)
class NoOptions:
    """For a source without settings."""


class OwnSource(Source):
    """A source that ``data.kind`` names, with the laws of ``Source``.

    It is made for ``data.root``, a folder that exists, and its ``Settings`` made of
    ``data.options``. A subclass says what domains there are (``has``), lists their ``items`` and
    decodes one (``decode``); the rest is as for a file an item and can be overridden.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it when what it decodes changes for a reason outside the file."""
    Settings: ClassVar[type] = NoOptions
    """A frozen dataclass whose fields, of plain types, are the keys of ``data.options``."""
    has: Mapping[str, Domain] = {}
    """The domains by name, the input among them."""

    def __init__(self, root: Path, settings: Any) -> None:
        self.root = root
        self.settings = settings

    def domains(self) -> list[str]:
        """Return the names in ``has``."""
        return sorted(self.has)

    def domain(self, name: str) -> Domain:
        """Return the entry of ``has``; DataError with the nearest name where there is none."""
        return domain_of(self.has, name, self.root)

    def splits(self) -> dict[str, list[str]]:
        """Return each split as its own unit."""
        return {split: [split] for split in SPLITS}

    def expected(self, image: str, domain: str) -> Path:
        """Return the folder of the source."""
        return self.root

    def content(self, item: Item) -> bytes:
        """Return the bytes of the item's file."""
        try:
            return item.path.read_bytes()
        except FileNotFoundError as error:
            raise BrokenFileError(item.path, "missing") from error
        except OSError as error:
            raise BrokenFileError(item.path, f"cannot be read ({error.strerror})") from error

    def stamp(self, domain: str) -> str:
        """Digest the names, times and sizes of the files of the domain and of the input."""
        digest = hashlib.sha256()
        for name in sorted({domain, self.input_domain}):
            for split, items in sorted(self.items(name).items()):
                for item in items:
                    state = item.path.stat() if item.path.is_file() else None
                    shown = f"{state.st_mtime_ns} {state.st_size}" if state else "absent"
                    digest.update(f"{name}/{split}/{item.id}/{item.row} {shown}\n".encode())
        return digest.hexdigest()
