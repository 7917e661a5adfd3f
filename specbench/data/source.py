"""The contract of a data source: what packing asks of a folder, whatever its layout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from specbench.data.domains import Domain
from specbench.data.fingerprint import Fingerprint
from specbench.errors import DataError

Array = npt.NDArray[Any]
Report = Callable[[dict[str, Any]], None]
"""Takes news of progress, such as ``{"done": 50, "total": 1200}``."""

SPLITS = ("train", "val", "test")
MISSING = ("refuse", "leave_out")


class BrokenFileError(DataError):
    """A file that exists but cannot be used, or that should exist and does not.

    ``reason`` is short and the same for every file with that fault, so that faults can be counted;
    ``more``, and the ``line`` of a table, are said to a person only.
    """

    def __init__(self, path: Path, reason: str, more: str = "", line: int = 0) -> None:
        what = "rows" if line else "images"
        hint = f'repair it, or set data.missing = "leave_out" to go on without such {what}'
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {reason}{more}", hint)
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Item:
    """One value of one domain: a whole file, or row ``row`` of an array."""

    id: str
    folder: Path
    name: str
    row: int = -1

    @property
    def path(self) -> Path:
        """The file it lies in."""
        return self.folder / self.name


class Source(ABC):
    """A place that images and labels come from.

    Laws: an id belongs to one split, the same in every domain; the items of a split are in the
    order of their ids; equal files give equal fingerprints wherever they lie; adding or removing a
    file changes the stamp, and no stamp reads a data file.
    """

    input_domain: str = "rgb"
    """The domain that networks see; its ids are those that every other domain should have."""
    missing: str = "refuse"
    """What to do about broken and missing files: ``refuse`` or ``leave_out``."""
    concurrent: bool = False
    """Whether ``content`` and ``decode`` may be called by several threads at once."""

    @abstractmethod
    def domains(self) -> list[str]:
        """Return the names of the domains found, in alphabetical order."""

    @abstractmethod
    def domain(self, name: str) -> Domain:
        """Return what domain ``name`` is here, or raise a DataError that names the nearest."""

    @abstractmethod
    def splits(self) -> dict[str, list[str]]:
        """Return the buildings (or other units that are never cut apart) of each split."""

    @abstractmethod
    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the items of train, val and test; a DataError says why there are none."""

    @abstractmethod
    def expected(self, image: str, domain: str) -> Path:
        """Return where the value of a missing id ``image`` was looked for."""

    @abstractmethod
    def content(self, item: Item) -> bytes:
        """Return the stored bytes of an item, or raise BrokenFileError."""

    @abstractmethod
    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Turn stored bytes into values as packed, but channels last and at the file's size.

        The shape is (H, W, C), (H, W) or () by form; of values and sequences as packed. Raises
        BrokenFileError.
        """

    @abstractmethod
    def stamp(self, domain: str) -> str:
        """Return a digest of times and counts that changes when files come or go. No file reads."""

    def read(self, item: Item, domain: str) -> Array:
        """Return the decoded value of one item, see ``decode``."""
        return self.decode(self.content(item), item, self.domain(domain))

    def fingerprint(self, domain: str, report: Report | None = None) -> dict[str, str]:
        """Hash every file of ``domain`` anew; equals the fingerprints that packing recorded."""
        items = self.items(domain)
        total, done, prints = sum(map(len, items.values())), 0, {}
        for split, listed in items.items():
            running = Fingerprint()
            for item in listed:
                running.add(item.id, content_or_none(self, item))
                done += 1
                if report is not None and (done % 50 == 0 or done == total):
                    report({"done": done, "total": total})
            prints[split] = running.hexdigest()
        return prints


def content_or_none(source: Source, item: Item) -> bytes | None:
    """Return the item's bytes, or None where they cannot be read."""
    try:
        return source.content(item)
    except BrokenFileError:
        return None


def make_source(settings: Mapping[str, Any]) -> Source:
    """Return the source that ``settings`` describe.

    Keys: ``kind`` (``taskonomy``, ``arrays``, ``digits`` or ``table``, whose further keys stand in
    ``specbench.data.table.source``), ``roots`` (folders; ``arrays`` takes one, ``digits`` none,
    ``table`` a file), ``missing`` (``refuse`` or ``leave_out``), for ``taskonomy`` ``splits``
    (None for ``<root>/splits.csv``, the path of a CSV, or a mapping of split to buildings) and
    ``split_by`` (``building`` or ``point``), and for ``digits`` ``seed`` and ``images`` (how many,
    by split). Other kinds of folders, and sources of the user's code that is loaded, take
    ``options``. Raises DataError for anything else.
    """
    kind, missing = settings.get("kind", "taskonomy"), settings.get("missing", "refuse")
    if kind == "digits":
        from specbench.data.digits.source import DigitsSource

        return DigitsSource(settings["seed"], settings["images"])
    roots: Sequence[Path] = [Path(root) for root in settings.get("roots", ())]
    if missing not in MISSING:
        raise DataError(f"data.missing is {missing!r}", f"it is one of {', '.join(MISSING)}")
    if not roots:
        raise DataError("no data folder is named", "name one in data.root")
    if kind == "taskonomy":
        from specbench.data.taskonomy import TaskonomySource

        return TaskonomySource(
            roots, settings.get("splits"), settings.get("split_by", "building"), missing
        )
    if kind == "arrays":
        from specbench.data.arrays import ArraysSource

        if len(roots) > 1:
            raise DataError(f"kind arrays reads one folder, {len(roots)} are named")
        return ArraysSource(roots[0], missing)
    if kind == "table":
        from specbench.data.table.source import TableSource

        return TableSource(roots[0], settings, missing)
    from specbench.data.kinds import FOLDERS
    from specbench.data.registry import KINDS, OWN

    if kind in FOLDERS:
        opened: Source = import_module(FOLDERS[kind].module).open_source(
            roots[0], settings.get("options", {})
        )
        opened.missing = missing
        return opened
    if kind in OWN:
        own = OWN[kind].thing
        source = own(roots[0], own.Settings(**settings.get("options", {})))
        source.missing = missing
        return source
    raise DataError(f"data.kind is {kind!r}", f"it is one of {', '.join(KINDS)}")


def scalar(value: int) -> Array:
    """Return a class index as the zero-dimensional array that ``decode`` gives."""
    return np.array(value, dtype=np.int64)
