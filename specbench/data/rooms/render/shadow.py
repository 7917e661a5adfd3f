"""The lamp's shadows: five depth maps around it and the look-up of what it sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.render.pinhole import Pinhole
from specbench.data.rooms.render.raster import cast
from specbench.data.rooms.scene import Scene

Floats = NDArray[np.float32]
SHADOW_PIXELS = 192
"""Side of each of the five depth maps that the lamp sees."""

DIRECTIONS = np.array(
    [
        [[0, 1, 0], [0, 0, -1], [1, 0, 0]],
        [[0, 1, 0], [0, 0, -1], [-1, 0, 0]],
        [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
        [[1, 0, 0], [0, 0, -1], [0, -1, 0]],
        [[1, 0, 0], [0, 1, 0], [0, 0, -1]],
    ],
    np.float32,
)
"""The lamp's five views, as camera axes; what lies above the lamp is never in shadow."""


def shadow_maps(scene: Scene) -> Floats:
    """Return the depths (5, N, N) that the lamp sees in its five directions."""
    lamp = scene.room.lamp.astype(np.float32)
    maps = [
        cast(scene, Pinhole(lamp, axes, np.pi / 2, SHADOW_PIXELS), scene.casts).depth
        for axes in DIRECTIONS
    ]
    return np.stack(maps)


def lit_share(maps: Floats, offset: Floats) -> Floats:
    """Return the share (P,) 0..1 of the lamp that each point sees, over a 2 x 2 neighbourhood."""
    size = np.abs(offset)
    face = np.where(
        size[2] >= np.maximum(size[0], size[1]), 4, np.where(size[0] >= size[1], 0, 2)
    ).astype(np.int32)
    negative = np.where(face == 0, offset[0], offset[1]) < 0
    face += (negative & (face < 4)).astype(np.int32)
    above = (face == 4) & (offset[2] > 0)
    ahead = np.maximum(size.max(axis=0), np.float32(1e-3))
    scale = (SHADOW_PIXELS / 2) / ahead
    across = np.where(face < 2, offset[1], offset[0]) * scale + np.float32(SHADOW_PIXELS / 2 - 0.5)
    down = np.where(face == 4, offset[1], -offset[2]) * scale + np.float32(SHADOW_PIXELS / 2 - 0.5)
    limit = ahead * np.float32(0.985) - np.float32(0.02)
    seen = _soft_lookup(maps, face, across, down, limit)
    seen[above] = 1
    return seen


def _soft_lookup(
    maps: Floats, face: NDArray[np.int32], across: Floats, down: Floats, limit: Floats
) -> Floats:
    """Return bilinear shares of the four texels that are not nearer than ``limit``."""
    last = SHADOW_PIXELS - 2
    left = np.clip(across.astype(np.int32), 0, last)
    top = np.clip(down.astype(np.int32), 0, last)
    right_share = np.clip(across - left, 0, 1)
    low_share = np.clip(down - top, 0, 1)
    index = (face * SHADOW_PIXELS + top) * SHADOW_PIXELS + left
    flat = maps.ravel()
    upper = (flat[index] > limit) * (1 - right_share) + (flat[index + 1] > limit) * right_share
    index += SHADOW_PIXELS
    lower = (flat[index] > limit) * (1 - right_share) + (flat[index + 1] > limit) * right_share
    return np.asarray(upper * (1 - low_share) + lower * low_share, np.float32)
