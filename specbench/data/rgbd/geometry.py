"""The square that is cut out of a frame, and the rays through its pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specbench.data.labels import LABEL_PIXELS
from specbench.data.source import Array


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera in pixels of the depth image, whose first pixel's centre is (0, 0)."""

    fx: float
    fy: float
    cx: float
    cy: float

    def rays(self, height: int, width: int) -> tuple[Array, Array]:
        """Return x (1, S) and y (S, 1) of the rays (x, y, 1) in the centre square of a frame."""
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        along = np.arange(side, dtype=np.float32)
        x = (along + np.float32(left - self.cx)) / np.float32(self.fx)
        y = (along + np.float32(top - self.cy)) / np.float32(self.fy)
        return x[None, :], y[:, None]


def at_label_size(values: Array) -> Array:
    """Return a square picture, uint8 (S, S, 3), at the 512 pixels that formulas are made for."""
    from PIL import Image

    if len(values) == LABEL_PIXELS:
        return values
    size = (LABEL_PIXELS, LABEL_PIXELS)
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BICUBIC))


def depth_at_label_size(metres: Array) -> Array:
    """Return depth (S, S), NaN where unknown, at 512 pixels.

    Linear between pixels, and unknown wherever one of them is: an average over an unknown depth
    would draw an edge that is not there.
    """
    from PIL import Image

    if len(metres) == LABEL_PIXELS:
        return metres
    size, known = (LABEL_PIXELS, LABEL_PIXELS), np.isfinite(metres)
    parts = (np.where(known, metres, 0).astype(np.float32), known.astype(np.float32))
    values, share = (
        np.asarray(Image.fromarray(part).resize(size, Image.Resampling.BILINEAR)) for part in parts
    )
    return np.where(share > 1 - 1e-4, values, np.nan)
