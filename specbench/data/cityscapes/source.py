"""Cityscapes as it is unpacked, and as torchvision reads it.

``<root>/<type>/<split>/<city>/<city>_<seq>_<frame>_<ending>``, where the types are ``leftImg8bit``,
``gtFine``, ``disparity`` and ``camera``. The labels of the official test split are not public, so
``val`` is the test split here, and a tenth of the training cities, at least one, validates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from specbench.data.cityscapes import CITYSCAPES_DOMAINS, CITYSCAPES_VERSION, CLASS_OF_ID
from specbench.data.domains import IGNORED, Domain
from specbench.data.encodings import GREY8, GREY16, RGB8, UndecodableError, png_pixels
from specbench.data.held_out import held_out
from specbench.data.own import OwnSource
from specbench.data.photo import centre_square
from specbench.data.source import Array, BrokenFileError, Item
from specbench.errors import DataError

_PLACES = {
    "rgb": ("leftImg8bit", "leftImg8bit.png"),
    "segment_semantic": ("gtFine", "gtFine_labelIds.png"),
    "disparity": ("disparity", "disparity.png"),
    "depth_zbuffer": ("disparity", "disparity.png"),
    "mask_valid": ("disparity", "disparity.png"),
}
"""Folder of each domain, and how its files end."""
_KINDS = {"rgb": RGB8, "segment_semantic": GREY8}
_LEVELS_PER_PIXEL = 256
_FARTHEST = 1
"""The level of a point that does not move between the cameras; 0 is unknown."""
_BETWEEN = b"\0"

_TRAIN_ID = np.full(256, IGNORED, np.uint8)
_TRAIN_ID[list(CLASS_OF_ID)] = np.arange(len(CLASS_OF_ID))


@dataclass(frozen=True, slots=True)
class Stereo(Item):
    """A disparity that becomes a depth by the file of its camera."""

    camera: Path = Path()


class CityscapesSource(OwnSource):
    """Ids are ``<city>/<city>_<seq>_<frame>``; images are cut to their centre square."""

    name = "cityscapes"
    version = CITYSCAPES_VERSION
    has = CITYSCAPES_DOMAINS

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the files of a domain; DataError where a folder holds none."""
        self.domain(domain)
        training = self._listed("train", domain)
        kept = held_out(item.id.split("/")[0] for item in self._listed("train", self.input_domain))
        return {
            "train": [item for item in training if item.id.split("/")[0] not in kept],
            "val": [item for item in training if item.id.split("/")[0] in kept],
            "test": self._listed("val", domain),
        }

    def splits(self) -> dict[str, list[str]]:
        """Return the cities of each split."""
        return {
            split: sorted({item.id.split("/")[0] for item in items})
            for split, items in self.items(self.input_domain).items()
        }

    def _listed(self, part: str, domain: str) -> list[Item]:
        kind, ending = _PLACES[domain]
        folder = self.root / kind / part
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder", f"it holds {domain}, a folder a city")
        found = sorted(folder.glob(f"*/*_{ending}"))
        if not found:
            raise DataError(f"{folder}: no file */*_{ending}")
        cameras = self._cameras(part) if domain == "depth_zbuffer" else None
        items = []
        for path in found:
            city, frame = path.parent.name, path.name.removesuffix(f"_{ending}")
            place = (f"{city}/{frame}", path.parent, path.name)
            camera = cameras / city / f"{frame}_camera.json" if cameras else None
            items.append(Stereo(*place, camera=camera) if camera else Item(*place))
        return items

    def _cameras(self, part: str) -> Path:
        folder = self.root / "camera" / part
        if not folder.is_dir():
            hint = "depth in metres needs the cameras; disparity, its inverse, does not"
            raise DataError(f"{folder}: no such folder", hint)
        return folder

    def expected(self, image: str, domain: str) -> Path:
        """Return the file that is missing."""
        city, frame = image.split("/")
        kind, ending = _PLACES[domain]
        seen = self.root / self._kind_of_input
        part = "train" if (seen / "train" / city).is_dir() else "val"
        return self.root / kind / part / city / f"{frame}_{ending}"

    @property
    def _kind_of_input(self) -> str:
        return _PLACES[self.input_domain][0]

    def content(self, item: Item) -> bytes:
        """Return the bytes of the file, after those of its camera's where depth is computed."""
        content = super().content(item)
        if not isinstance(item, Stereo):
            return content
        camera = super().content(Item(item.id, item.camera.parent, item.camera.name))
        return camera + _BETWEEN + content

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Return the values of one file, its centre square."""
        camera, pixels = b"", content
        if isinstance(item, Stereo):
            camera, _, pixels = content.partition(_BETWEEN)
        try:
            stored = centre_square(png_pixels(pixels, _KINDS.get(domain.name, GREY16)))
        except UndecodableError as error:
            raise BrokenFileError(item.path, str(error)) from error
        if domain.name == "rgb":
            return stored
        if domain.name == "segment_semantic":
            return np.asarray(_TRAIN_ID[stored])
        if domain.name == "mask_valid":
            return np.asarray(stored > _FARTHEST)
        shift = disparity(stored)
        if isinstance(item, Stereo):
            return (_strength(camera, item.camera) / shift)[..., None]
        return shift[..., None]


def disparity(levels: Array) -> Array:
    """Return how many pixels of the full image a point moves by; NaN where that is not known.

    (p − 1) / 256 for a level p > 0 (README of cityscapesScripts). A point that does not move at
    all is infinitely far, and NaN too.
    """
    moved = (levels.astype(np.float32) - 1) / _LEVELS_PER_PIXEL
    return np.asarray(np.where(levels > _FARTHEST, moved, np.nan), dtype=np.float32)


def _strength(content: bytes, path: Path) -> np.float32:
    """Return baseline times focal length, metres times pixels, of a camera's file."""
    try:
        camera = json.loads(content)
        found = float(camera["extrinsic"]["baseline"]) * float(camera["intrinsic"]["fx"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenFileError(path, "no extrinsic.baseline and intrinsic.fx") from error
    if not 0 < found < np.inf:
        raise BrokenFileError(path, "a baseline or focal length that is not positive")
    return np.float32(found)


def open_source(root: Path, options: Mapping[str, Any]) -> CityscapesSource:
    """Return the source of a folder."""
    return CityscapesSource(root, CityscapesSource.Settings(**options))
