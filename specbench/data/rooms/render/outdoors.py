"""What a window shows: sky with clouds over a line of trees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.patterns.atlas import Atlas
from specbench.data.rooms.render.pinhole import Pinhole
from specbench.data.rooms.scene import Room


def sky_colours(
    room: Room, atlas: Atlas, camera: Pinhole, pixel: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Return colours (P, 3) of the outdoors: sky with clouds above, trees below the horizon."""
    x, y = camera.grid()
    ray = np.stack(
        [x[0][pixel % camera.pixels], y[:, 0][pixel // camera.pixels], np.ones(len(pixel))]
    )
    world = camera.axes.T @ ray.astype(np.float32)
    level = np.hypot(world[0], world[1])
    rise = world[2] / level
    heading = np.arctan2(world[1], world[0]).astype(np.float32)
    coords = np.stack([heading / 2 + np.float32(room.sky), rise / 2]).astype(np.float32)
    zero = np.zeros(len(pixel), np.int32)
    cloud = atlas.lookup(zero + atlas.names.index("mottle"), coords, zero) / np.float32(255)
    leaf = atlas.lookup(zero + atlas.names.index("foliage"), coords * 2, zero) / np.float32(255)
    blue = np.stack([0.62 + 0.3 * cloud, 0.78 + 0.16 * cloud, 0.95 + 0.03 * cloud])
    blue = blue - np.clip(rise, 0, 1) * np.array([[0.18], [0.1], [0.0]])
    green = np.stack([0.2 + 0.3 * leaf, 0.36 + 0.32 * leaf, 0.18 + 0.18 * leaf])
    edge = 0.06 + 0.25 * (cloud - 0.5)
    colour = np.where(rise > edge, blue, green)
    return np.asarray(np.clip(colour.T * 255, 0, 255), np.uint8)
