"""Any folder of colour and depth images becomes a Taskonomy of one's own.

Labels come from the formulas in ``specbench.data.labels``. Depth, normals and shading are computed
at the depth image's own size; edges and key points, which are defined at 512 pixels, at that size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from specbench.data import labels
from specbench.data.domains import Domain
from specbench.data.encodings import GREY16, UndecodableError, png_pixels
from specbench.data.own import OwnSource
from specbench.data.photo import centre_square, photo
from specbench.data.rgbd import OF_COLOUR, RGBD_DOMAINS, RGBD_VERSION
from specbench.data.rgbd.geometry import Intrinsics, at_label_size, depth_at_label_size
from specbench.data.rgbd.pattern import Frame, Pattern
from specbench.data.source import SPLITS, Array, BrokenFileError, Item
from specbench.data.splits import Table, read_split_csv, split_of_point
from specbench.errors import DataError

_UNKNOWN = (0, 65535)


@dataclass(frozen=True)
class RgbdSettings:
    """What a folder does not say of itself; see the fields of ``[data]``."""

    intrinsics: tuple[float, float, float, float]
    rgb: str = "{place}/rgb/{frame}.png"
    depth: str = "{place}/depth/{frame}.png"
    levels_per_metre: float = 1000.0
    splits: str | None = None
    split_by: str = "place"


class RgbdSource(OwnSource):
    """Reads the frames that have a colour image; ids are ``<place>/<frame>``."""

    name = "rgbd"
    version = RGBD_VERSION
    has = RGBD_DOMAINS
    Settings = RgbdSettings

    def __init__(self, root: Path, settings: RgbdSettings) -> None:
        super().__init__(root, settings)
        self._camera = Intrinsics(*settings.intrinsics)
        self._patterns = {
            True: Pattern("rgb", settings.rgb),
            False: Pattern("depth", settings.depth),
        }

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the frames of each split; DataError where there are none at all."""
        self.domain(domain)
        pattern = self._patterns[domain in OF_COLOUR]
        frames = pattern.frames(self.root)
        if not frames:
            raise DataError(f"{self.root}: no file {pattern.text}", "see data.rgb and data.depth")
        table, found = self._table(), {split: list[Item]() for split in SPLITS}
        for frame in frames:
            split = self._split(frame, table)
            if split:
                path = self.root / pattern.path(frame)
                found[split].append(Item(frame.id, path.parent, path.name))
        return found

    def _table(self) -> Table | None:
        """Return the split of each place, None where frames or places are divided by hash."""
        if self.settings.split_by == "frame":
            return None
        path = Path(self.settings.splits) if self.settings.splits else self.root / "splits.csv"
        named = self.settings.splits is not None
        return read_split_csv(path) if named or path.is_file() else None

    def _split(self, frame: Frame, table: Table | None) -> str | None:
        if table is not None:
            return table.get(frame.place)
        return split_of_point(frame.id if self.settings.split_by == "frame" else frame.place)

    def splits(self) -> dict[str, list[str]]:
        """Return the places of each split, or its frames where those are divided."""
        by_frame = self.settings.split_by == "frame"
        return {
            split: sorted({item.id if by_frame else item.id.rpartition("/")[0] for item in items})
            for split, items in self.items(self.input_domain).items()
        }

    def expected(self, image: str, domain: str) -> Path:
        """Return the file that is missing."""
        place, _, name = image.rpartition("/")
        return self.root / self._patterns[domain in OF_COLOUR].path(Frame(place, name))

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Compute one label of a frame from its colour or its depth."""
        try:
            if domain.name in OF_COLOUR:
                return of_colour(domain.name, centre_square(photo(content)))
            levels = png_pixels(content, GREY16)
        except UndecodableError as error:
            raise BrokenFileError(item.path, str(error)) from error
        metres = levels.astype(np.float32) / np.float32(self.settings.levels_per_metre)
        metres[np.isin(levels, _UNKNOWN)] = np.nan
        return of_depth(domain.name, centre_square(metres), *self._camera.rays(*levels.shape))

    def stamp(self, domain: str) -> str:
        """Digest the files' times and sizes, and the table of splits."""
        table = sorted((self._table() or {}).items())
        return hashlib.sha256(f"{super().stamp(domain)} {table}".encode()).hexdigest()


def of_colour(domain: str, rgb: Array) -> Array:
    """Return what ``domain`` is of a square picture, uint8 (S, S, 3)."""
    if domain == "rgb":
        return rgb
    formula = {"keypoints2d": labels.keypoints2d, "edge_texture": labels.edge_texture}[domain]
    return formula(at_label_size(rgb))[..., None]


def of_depth(domain: str, metres: Array, x: Array, y: Array) -> Array:
    """Return what ``domain`` is of a square depth image, (S, S) with NaN where unknown.

    ``x`` (1, S) and ``y`` (S, 1) are the rays (x, y, 1) through its pixels.
    """
    if domain == "mask_valid":
        return np.isfinite(metres)
    if domain == "normal":
        return labels.normals(metres, x, y)
    if domain == "edge_occlusion":
        fine = depth_at_label_size(metres)
        edges = labels.edge_occlusion(labels.depth_levels(fine))
        return np.where(np.isfinite(fine), edges, np.nan).astype(np.float32)[..., None]
    if domain == "depth_zbuffer":
        return metres[..., None]
    if domain == "depth_euclidean":
        return labels.distance(metres, x, y)[..., None]
    return labels.reshading(metres, labels.normals(metres, x, y), x, y)[..., None]


def open_source(root: Path, options: Mapping[str, Any]) -> RgbdSource:
    """Return the source of a folder."""
    return RgbdSource(root, RgbdSettings(**{**options, "intrinsics": tuple(options["intrinsics"])}))
