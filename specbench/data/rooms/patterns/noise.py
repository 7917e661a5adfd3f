"""What patterns are made of: tile coordinates, smooth noise, bricks; all of it wraps around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 512
"""Pixels of a pattern's side, a power of two."""

Grey = NDArray[np.float32]
Generator = np.random.Generator


def grey(values: Any) -> Grey:
    """Return ``values`` as a pattern (SIDE, SIDE) within 0..1."""
    return np.clip(np.broadcast_to(np.asarray(values, np.float32), (SIDE, SIDE)), 0, 1)


def axes() -> tuple[Grey, Grey]:
    """Return u (1, SIDE) and v (SIDE, 1), which run from 0 to 1 across the tile."""
    line = ((np.arange(SIDE) + 0.5) / SIDE).astype(np.float32)
    return line[None, :], line[:, None]


def noise(rng: Generator, cells_u: int, cells_v: int, octaves: int = 3) -> Grey:
    """Return tileable smooth noise of mean 0.5, ``cells`` bumps across the tile."""
    total = np.zeros((SIDE, SIDE), np.float64)
    for octave in range(octaves):
        shape = (min(cells_v << octave, SIDE), min(cells_u << octave, SIDE))
        grid = rng.random(shape)
        scale = (SIDE / shape[0], SIDE / shape[1])
        total += ndimage.zoom(grid, scale, order=1, mode="grid-wrap", grid_mode=True) / 2**octave
    total -= total.mean()
    return np.asarray(0.5 + 0.2 * total / total.std(), np.float32)


def cells(
    rng: Generator, rows: int, columns: int, shift: float, joint: float
) -> tuple[Grey, NDArray[np.bool_]]:
    """Return a random value for each brick of a wall and where its joints are."""
    u, v = axes()
    row = np.floor(v * rows)
    along = u * columns + shift * (row % 2)
    values = rng.random((rows, columns)).astype(np.float32)
    brick = values[row.astype(int), np.floor(along).astype(int) % columns]
    edge_u = np.minimum(along % 1, 1 - along % 1) / columns
    edge_v = np.minimum(v * rows % 1, 1 - v * rows % 1) / rows
    return brick, np.minimum(edge_u, edge_v + 0 * edge_u) < joint
