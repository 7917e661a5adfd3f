"""The images and labels of one split as a training reads them: mapped, gathered by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from specbench.data.ids import read_ids
from specbench.data.source import Array
from specbench.errors import DataError

Indices = slice | Sequence[int] | npt.NDArray[np.integer]


class Dataset:
    """Packed arrays of several domains, restricted to chosen ids, in the order of those ids.

    Arrays are memory-mapped and never written; processes on one machine share their pages.
    """

    def __init__(
        self, ids: Sequence[str], arrays: Mapping[str, Array], rows: Mapping[str, Array]
    ) -> None:
        self.ids = tuple(ids)
        self._arrays = dict(arrays)
        self._rows = dict(rows)

    @classmethod
    def open(
        cls, folders: Mapping[str, Path], split: str, ids: Sequence[str] | None = None
    ) -> Dataset:
        """Open the packed ``folders`` of domains for the images ``ids`` of ``split``.

        ``ids`` None takes those of the first folder. DataError if a domain lacks one of them.
        """
        listed = {domain: read_ids(folder / f"{split}.ids") for domain, folder in folders.items()}
        chosen = next(iter(listed.values())) if ids is None else ids
        rows = {domain: _rows(domain, known, chosen) for domain, known in listed.items()}
        arrays = {domain: _mapped(folder / f"{split}.npy") for domain, folder in folders.items()}
        return cls(chosen, arrays, rows)

    @property
    def domains(self) -> tuple[str, ...]:
        """The names of the domains, in the order given."""
        return tuple(self._arrays)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, domain: str, indices: Indices) -> Array:
        """Return the values of ``domain`` for the images at ``indices`` of ``ids``.

        The result is a fresh, writable, contiguous array in the domain's packed form, also for
        ``slice(None)``, which gives all. A run of rows that lie together is copied in one piece.
        """
        rows = self._rows[domain][indices]
        array = self._arrays[domain]
        if rows.size and rows[-1] - rows[0] == rows.size - 1 and (np.diff(rows) == 1).all():
            return array[rows[0] : rows[-1] + 1].copy()
        return array.take(rows, axis=0)


def _mapped(path: Path) -> Array:
    # A plain view: slicing a memmap builds a memmap each time, which is slower than the copy.
    return np.asarray(np.load(path, mmap_mode="r"))


def _rows(domain: str, known: Sequence[str], ids: Sequence[str]) -> Array:
    place = {image: row for row, image in enumerate(known)}
    try:
        return np.array([place[image] for image in ids], dtype=np.intp)
    except KeyError as error:
        raise DataError(f"image {error.args[0]} is not packed in domain {domain}") from error
