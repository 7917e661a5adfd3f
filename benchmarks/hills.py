"""Made images that a network can learn from: lit hills, and what is known of them at every pixel.

A hill's height is a smooth random surface. Images show it lit from one side and tinted by another
surface; depth, normals, edges and key points are computed from the height.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

TASKS = ("depth_zbuffer", "normal", "edge_texture", "keypoints2d", "reshading")
"""In the order in which a benchmark of fewer tasks takes them."""
Array = npt.NDArray[Any]
_LEVELS = 65535.0


class Hills:
    """``count`` images of ``size`` pixels, as packed arrays of the domains that TASKS read."""

    def __init__(self, count: int, size: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        smooth = (0, size / 12, size / 12)
        height = gaussian_filter(rng.normal(size=(count, size, size)), smooth, mode="wrap")
        height /= height.std()
        tint = gaussian_filter(rng.normal(size=(count, size, size)), smooth, mode="wrap")
        slope_y, slope_x = np.gradient(height, axis=(1, 2))
        normal = np.stack([slope_x, slope_y, -0.3 * np.ones_like(height)], axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        lit = np.clip(0.5 * normal[:, 0] + 0.5 * normal[:, 1] - 0.7 * normal[:, 2], 0, 1)
        colours = [lit, lit * (0.8 + 0.2 * np.tanh(height)), lit * (0.8 + 0.2 * np.sign(tint))]
        curved = gaussian_filter(np.abs(height), (0, 1, 1))
        self.arrays: dict[str, Array] = {
            "rgb": (255 * np.clip(np.stack(colours, axis=1), 0, 1)).astype(np.uint8),
            "depth_zbuffer": _plane(3 + height / 2),
            "normal": normal.astype(np.float32),
            "edge_texture": _plane(np.hypot(slope_x, slope_y) * 3000 / _LEVELS),
            "keypoints2d": _plane(curved * 100 / _LEVELS),
            "reshading": _plane(lit),
            "mask_valid": np.ones((count, size, size), dtype=bool),
        }

    def __len__(self) -> int:
        return len(self.arrays["rgb"])

    def take(self, domain: str, indices: npt.NDArray[np.intp], /) -> npt.NDArray[np.generic]:
        """Return the rows of a domain."""
        return self.arrays[domain].take(indices, axis=0)

    def write(self, folder: Path, tasks: tuple[str, ...]) -> None:
        """Write a file for each image and domain, as a set of real images comes."""
        for domain in ("rgb", *tasks):
            (folder / domain).mkdir(parents=True, exist_ok=True)
            for index, values in enumerate(self.arrays[domain]):
                np.save(folder / domain / f"{index:05d}.npy", values)


def _plane(values: Array) -> Array:
    return values[:, None].astype(np.float32)
