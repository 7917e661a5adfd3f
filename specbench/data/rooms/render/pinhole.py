"""The camera: where it stands, how it looks, and the rays through its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specbench.data.labels import focal_length, pixel_grid


@dataclass(frozen=True)
class Pinhole:
    """A square pinhole camera; ``axes`` (3, 3) holds right, down and forward as world rows."""

    position: NDArray[np.float32]
    axes: NDArray[np.float32]
    field_of_view: float
    pixels: int

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return focal_length(self.field_of_view, self.pixels)

    def grid(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return x (1, W) and y (H, 1): the ray of a pixel is x right + y down + 1 forward."""
        return pixel_grid(self.pixels, self.focal)


def look(
    position: NDArray[np.float64], yaw: float, pitch: float, roll: float, fov: float, pixels: int
) -> Pinhole:
    """Return a camera: yaw 0 looks along +y and turns left, a positive pitch looks up (radians)."""
    forward = np.array(
        [-math.sin(yaw) * math.cos(pitch), math.cos(yaw) * math.cos(pitch), math.sin(pitch)]
    )
    right = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    down = np.cross(forward, right)
    cos, sin = math.cos(roll), math.sin(roll)
    axes = np.stack([cos * right + sin * down, cos * down - sin * right, forward])
    return Pinhole(position.astype(np.float32), axes.astype(np.float32), fov, pixels)
