"""NYU Depth v2 as a tree of .npy files: the copy that MTAN published and LibMTL reads.

``<root>/train/image/0.npy`` and beside it ``label``, ``depth`` and ``normal``; the same in ``val``,
which is the official test split.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from specbench.data.domains import Domain
from specbench.data.encodings import UndecodableError, npy_array
from specbench.data.held_out import held_out
from specbench.data.nyuv2 import CLASSES, NYUV2_VERSION, nyuv2_domains
from specbench.data.nyuv2.values import values_of
from specbench.data.own import OwnSource
from specbench.data.source import SPLITS, Array, BrokenFileError, Item
from specbench.errors import DataError

_FOLDERS = {
    "rgb": "image",
    "segment_semantic": "label",
    "depth_zbuffer": "depth",
    "mask_valid": "depth",
    "normal": "normal",
}


@dataclass(frozen=True)
class NyuSettings:
    """How many classes the labels tell apart."""

    classes: int = CLASSES


class NyuTree(OwnSource):
    """Reads the tree; ids are ``train/0000012``, whatever the split.

    A folder ``test`` is the test split. Where there is none, ``val`` is: the official test images;
    then a tenth of the training images, chosen by hash, is held out for validation.
    """

    name = "nyuv2"
    version = NYUV2_VERSION
    Settings = NyuSettings

    def __init__(self, root: Path, settings: NyuSettings) -> None:
        super().__init__(root, settings)
        self.has = nyuv2_domains(settings.classes)

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the files of a domain; DataError where a split has none."""
        self.domain(domain)
        if (self.root / "test").is_dir():
            return {split: self._listed(split, domain) for split in SPLITS}
        training = self._listed("train", domain)
        kept = held_out(item.id for item in self._listed("train", self.input_domain))
        return {
            "train": [item for item in training if item.id not in kept],
            "val": [item for item in training if item.id in kept],
            "test": self._listed("val", domain),
        }

    def _listed(self, part: str, domain: str) -> list[Item]:
        folder = self.root / part / _FOLDERS[domain]
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder", f"it holds {domain} as <number>.npy")
        names = [path.name for path in folder.iterdir() if re.fullmatch(r"\d+\.npy", path.name)]
        if not names:
            raise DataError(f"{folder}: no file <number>.npy")
        items = [Item(f"{part}/{name.removesuffix('.npy'):0>7}", folder, name) for name in names]
        return sorted(items, key=lambda item: item.id)

    def expected(self, image: str, domain: str) -> Path:
        """Return the file that is missing."""
        part, number = image.split("/")
        return self.root / part / _FOLDERS[domain] / f"{int(number)}.npy"

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Return the values of one file, its centre square."""
        try:
            return values_of(npy_array(content), domain)
        except UndecodableError as error:
            raise BrokenFileError(item.path, str(error)) from error
