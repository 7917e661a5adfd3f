"""CelebA as torchvision lays it out: ``celeba/img_align_celeba/*.jpg`` and two lists beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from specbench.data.celeba import ATTRIBUTES, CELEBA_DOMAINS, CELEBA_VERSION
from specbench.data.celeba.lists import Marks, read_attributes, read_partition
from specbench.data.domains import Domain
from specbench.data.encodings import UndecodableError
from specbench.data.own import OwnSource
from specbench.data.photo import centre_square, photo
from specbench.data.source import SPLITS, Array, BrokenFileError, Item
from specbench.errors import DataError

IMAGES = "img_align_celeba"
PARTITION = "list_eval_partition.txt"
ATTRIBUTE_LIST = "list_attr_celeba.txt"

_ANSWERS = {b"+": 1.0, b"-": 0.0, b"?": np.nan}


class CelebaSource(OwnSource):
    """Reads the folder that holds ``celeba``, or that folder; ids are the names of the images.

    The official splits are those of the list. Images are cut to their centre square.
    """

    name = "celeba"
    version = CELEBA_VERSION
    has = CELEBA_DOMAINS

    def __init__(self, root: Path, settings: Any) -> None:
        super().__init__(root, settings)
        self._base = root / "celeba" if (root / "celeba").is_dir() else root

    @cached_property
    def _partition(self) -> dict[str, str]:
        return read_partition(self._base / PARTITION)

    @cached_property
    def _marks(self) -> Marks:
        return read_attributes(self._base / ATTRIBUTE_LIST)

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the images of the list of splits; for an attribute, those that have a mark."""
        place = self._place(domain)
        marked = self._partition if place.row < 0 else self._marks.of_image
        found: dict[str, list[Item]] = {split: [] for split in SPLITS}
        for image, split in sorted(self._partition.items()):
            if image in marked:
                name = image if place.row < 0 else place.name
                found[split].append(Item(image, place.folder, name, place.row))
        return found

    def _place(self, domain: str) -> Item:
        """Return where values of a domain lie; the row of the list's is the attribute's number."""
        self.domain(domain)
        if domain == self.input_domain:
            return Item("", self._base / IMAGES, "")
        if domain not in self._marks.names:
            raise DataError(f"{self._base / ATTRIBUTE_LIST}:2: no attribute {domain}")
        return Item("", self._base, ATTRIBUTE_LIST, ATTRIBUTES.index(domain))

    def expected(self, image: str, domain: str) -> Path:
        """Return the list that lacks the image."""
        return self._place(domain).path

    def content(self, item: Item) -> bytes:
        """Return the bytes of an image, or of the mark of one attribute."""
        if item.row < 0:
            return super().content(item)
        return self._marks.letter(ATTRIBUTES[item.row], item.id).encode()

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Return the centre square of an image, or 1, 0 or NaN for a mark."""
        if item.row >= 0:
            return np.array([_ANSWERS[content]], dtype=np.float32)
        try:
            return centre_square(photo(content))
        except UndecodableError as error:
            raise BrokenFileError(item.path, str(error)) from error

    def stamp(self, domain: str) -> str:
        """Digest the times of the lists and of the folder of images: 202,599 are not asked each."""
        digest = hashlib.sha256()
        for path in (self._base / IMAGES, self._base / PARTITION, self._base / ATTRIBUTE_LIST):
            state = path.stat() if path.exists() else None
            digest.update(
                f"{state.st_mtime_ns} {state.st_size}\n".encode() if state else b"absent\n"
            )
        return digest.hexdigest()


def open_source(root: Path, options: Mapping[str, Any]) -> CelebaSource:
    """Return the source of a folder."""
    return CelebaSource(root, CelebaSource.Settings(**options))
