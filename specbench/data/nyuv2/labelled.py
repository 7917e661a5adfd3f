"""NYU Depth v2 as its authors publish it: ``nyu_depth_v2_labeled.mat``, a MATLAB 7.3 file.

The file holds 1,449 images, filled-in depths, and labels of 894 kinds of object; no normals. The
labels become classes by a mapping that lies beside it, ``classMapping40.mat`` (Gupta et al. 2013)
or any of its form: ``mapClass``, the class of each kind from 1, 0 for none. ``splits.mat``, beside
it too, has the official division; without it scenes are divided 80/10/10 by hash.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from specbench.data.domains import Domain
from specbench.data.encodings import UndecodableError, npy_array
from specbench.data.held_out import held_out
from specbench.data.nyuv2 import NYUV2_VERSION, nyuv2_domains
from specbench.data.nyuv2.tree import NyuSettings
from specbench.data.nyuv2.values import values_of
from specbench.data.own import OwnSource
from specbench.data.source import SPLITS, Array, BrokenFileError, Item
from specbench.data.splits import split_of_point
from specbench.errors import DataError

FILE = "nyu_depth_v2_labeled.mat"
SPLIT_FILE = "splits.mat"

_VARIABLES = {
    "rgb": "images",
    "depth_zbuffer": "depths",
    "mask_valid": "depths",
    "segment_semantic": "labels",
}


@dataclass(frozen=True, slots=True)
class Row(Item):
    """One image of one variable of the file."""

    variable: str = ""


class NyuLabelled(OwnSource):
    """Reads the file row by row; ids are ``0000`` to ``1448``, in its order."""

    name = "nyuv2"
    version = NYUV2_VERSION
    Settings = NyuSettings

    def __init__(self, root: Path, settings: NyuSettings) -> None:
        super().__init__(root, settings)
        known = nyuv2_domains(settings.classes)
        self.has = {name: known[name] for name in _VARIABLES}
        if not self._mapping_file.is_file():
            del self.has["segment_semantic"]

    @property
    def _mapping_file(self) -> Path:
        return self.root / f"classMapping{self.settings.classes}.mat"

    @cached_property
    def _file(self) -> Any:
        try:
            import h5py
        except ImportError as error:
            hint = "pip install 'specbench[nyuv2]'"
            raise DataError(f"{self.root / FILE}: reading it needs h5py", hint) from error
        try:
            return h5py.File(self.root / FILE, "r")
        except OSError as error:
            raise DataError(f"{self.root / FILE}: cut short, damaged or no MATLAB 7.3") from error

    def _variable(self, name: str) -> Any:
        found = self._file.get(name)
        if found is None or not hasattr(found, "shape") or len(found.shape) < 2:
            raise DataError(f"{self.root / FILE}: no variable '{name}' of images")
        return found

    def domain(self, name: str) -> Domain:
        """Return a known domain; DataError that says what is lacking for another."""
        if name in self.has or name not in nyuv2_domains(self.settings.classes):
            return super().domain(name)
        if name == "segment_semantic":
            hint = "the file tells 894 kinds of object; the mapping of Gupta et al. 2013 has 40"
            raise DataError(f"{self._mapping_file}: no such file", f"{hint}: set data.classes")
        raise DataError(f"{self.root / FILE} has no {name}", 'kind = "rgbd" computes it from depth')

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the images of each split."""
        self.domain(domain)
        variable = _VARIABLES[domain]
        count = self._variable(variable).shape[0]
        found: dict[str, list[Item]] = {split: [] for split in SPLITS}
        for row, split in enumerate(self._split_of_rows):
            if split and row < count:
                found[split].append(Row(f"{row:04d}", self.root, FILE, row, variable))
        return found

    @cached_property
    def _split_of_rows(self) -> list[str]:
        """Return the split of every image, '' for one that has none."""
        scenes = self._scenes()
        if not (self.root / SPLIT_FILE).is_file():
            return [split_of_point(scene) for scene in scenes]
        training, testing = (
            {int(row) - 1 for row in self._matlab(SPLIT_FILE, name).ravel()}
            for name in ("trainNdxs", "testNdxs")
        )
        kept = held_out(scenes[row] for row in training if row < len(scenes))
        return [
            ("val" if scene in kept else "train") if row in training else "test" * (row in testing)
            for row, scene in enumerate(scenes)
        ]

    def _scenes(self) -> list[str]:
        """Return the name of the scene of every image; its number where the file has no names."""
        count, references = self._variable("images").shape[0], self._file.get("scenes")
        if references is None:
            return [str(row) for row in range(count)]
        try:
            return ["".join(map(chr, self._file[name][()].flat)) for name in references[()].flat]
        except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
            raise DataError(f"{self.root / FILE}: the names of scenes cannot be read") from error

    def _matlab(self, name: str, variable: str) -> Array:
        from scipy.io import loadmat

        try:
            return np.asarray(loadmat(self.root / name)[variable])
        except KeyError as error:
            raise DataError(f"{self.root / name}: no variable '{variable}'") from error
        # SciPy's reader fails in many ways on a damaged file.
        except Exception as error:
            raise DataError(f"{self.root / name}: cut short, damaged or no MATLAB file") from error

    def content(self, item: Item) -> bytes:
        """Return the numbers of one image as a .npy file: as stored, but labels as classes.

        So the fingerprint of the classes tells whether the mapping beside the file has changed.
        """
        assert isinstance(item, Row)
        try:
            stored = np.asarray(self._variable(item.variable)[item.row])
        except (OSError, RuntimeError, ValueError) as error:
            raise BrokenFileError(item.path, f"'{item.variable}' cannot be read") from error
        if item.variable == _VARIABLES["segment_semantic"]:
            stored = self._mapped(stored, item)
        buffer = io.BytesIO()
        np.save(buffer, stored)
        return buffer.getvalue()

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Return the values of one image, its centre square."""
        stored = npy_array(content).T  # MATLAB's columns come first
        try:
            return values_of(stored, domain)
        except UndecodableError as error:
            raise BrokenFileError(item.path, f"{error} in image {item.id}") from error

    def _mapped(self, kinds: Array, item: Item) -> Array:
        """Return the class of each kind of object from 0, −1 for what has none."""
        table = np.concatenate([[0], self._class_of_kinds]) - 1
        if kinds.dtype.kind not in "iu" or kinds.max(initial=0) >= len(table):
            reason = f"kinds of object beyond the {len(table) - 1} that are mapped"
            raise BrokenFileError(item.path, f"{reason} in image {item.id}")
        return np.asarray(table[kinds])

    @cached_property
    def _class_of_kinds(self) -> Array:
        return self._matlab(self._mapping_file.name, "mapClass").ravel().astype(np.int64)

    def stamp(self, domain: str) -> str:
        """Digest times and sizes of the file and of what lies beside it."""
        digest = hashlib.sha256()
        for name in (FILE, SPLIT_FILE, self._mapping_file.name):
            path = self.root / name
            state = path.stat() if path.is_file() else None
            shown = f"{state.st_mtime_ns} {state.st_size}" if state else "absent"
            digest.update(f"{name} {shown}\n".encode())
        return digest.hexdigest()
