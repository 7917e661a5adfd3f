"""The atlas of procedural patterns: tileable grey pictures, each with its smaller versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from specbench.seeding import numpy_stream

SIDE = 512
"""Pixels of a pattern's side, a power of two."""

LEVELS = 6
"""A pattern and its halvings, so that far surfaces do not flicker."""

Floats = NDArray[np.float32]
Generator = np.random.Generator


@dataclass(frozen=True)
class Atlas:
    """All patterns in one flat array of bytes; ``starts`` (patterns, LEVELS) says where each is."""

    names: tuple[str, ...]
    texels: NDArray[np.uint8]
    starts: NDArray[np.int32]

    def lookup(
        self, pattern: NDArray[np.int32], coords: Floats, level: NDArray[np.int32]
    ) -> NDArray[np.uint8]:
        """Return the values at ``coords`` (2, P) in tiles, of patterns (P,) at levels (P,)."""
        offset = np.float32(64)  # keeps coordinates positive, so that a cast is a floor
        u = ((coords[0] + offset) * SIDE).astype(np.int32) & (SIDE - 1)
        v = ((coords[1] + offset) * SIDE).astype(np.int32) & (SIDE - 1)
        u >>= level
        v >>= level
        v <<= np.int32(SIDE.bit_length() - 1) - level
        v += u
        v += self.starts.ravel()[pattern * LEVELS + level]
        return self.texels[v]


def make_atlas(seed: int) -> Atlas:
    """Return the atlas of a data seed; every pattern has its own stream."""
    texels, starts, position = [], [], 0
    for name, draw in PATTERNS.items():
        picture = np.clip(draw(numpy_stream(seed, "rooms", "pattern", name)), 0, 1) * 255
        row = []
        for _ in range(LEVELS):
            texels.append(np.rint(picture).astype(np.uint8).ravel())
            row.append(position)
            position += picture.size
            picture = picture.reshape(len(picture) // 2, 2, -1, 2).mean(axis=(1, 3))
        starts.append(row)
    return Atlas(tuple(PATTERNS), np.concatenate(texels), np.array(starts, np.int32))


def _axes() -> tuple[Floats, Floats]:
    line = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
    return line[None, :], line[:, None]


def _noise(rng: Generator, cells_u: int, cells_v: int, octaves: int = 3) -> Floats:
    """Return tileable smooth noise of mean 0.5, ``cells`` bumps across the tile."""
    total = np.zeros((SIDE, SIDE), np.float64)
    for octave in range(octaves):
        shape = (min(cells_v << octave, SIDE), min(cells_u << octave, SIDE))
        grid = rng.random(shape)
        scale = (SIDE / shape[0], SIDE / shape[1])
        total += ndimage.zoom(grid, scale, order=1, mode="grid-wrap", grid_mode=True) / 2**octave
    total -= total.mean()
    return (0.5 + 0.2 * total / total.std()).astype(np.float32)


def _cells(
    rng: Generator, rows: int, columns: int, shift: float, joint: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return a random value for each brick of a wall and where its joints are."""
    u, v = _axes()
    row = np.floor(v * rows)
    along = u * columns + shift * (row % 2)
    values = rng.random((rows, columns)).astype(np.float32)
    brick = values[row.astype(int), np.floor(along).astype(int) % columns]
    edge_u = np.minimum(along % 1, 1 - along % 1) / columns
    edge_v = np.minimum(v * rows % 1, 1 - v * rows % 1) / rows
    return brick, np.minimum(edge_u, edge_v + 0 * edge_u) < joint


def _mottle(rng: Generator) -> Floats:
    return _noise(rng, 4, 4, 4)


def _grain(rng: Generator) -> Floats:
    u, v = _axes()
    warp = _noise(rng, 2, 3, 3)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (9 * v + 2.2 * warp))
    return 0.55 * rings + 0.45 * _noise(rng, 3, 64, 2) + 0 * u


def _planks(rng: Generator) -> Floats:
    brick, joint = _cells(rng, 8, 2, 0.5, 0.0025)
    wood = (
        0.3 + 0.4 * brick + 0.35 * (_noise(rng, 4, 96, 2) - 0.5) + 0.25 * (_noise(rng, 2, 24) - 0.5)
    )
    return np.where(joint, np.float32(0.0), wood)


def _parquet(rng: Generator) -> Floats:
    u, v = _axes()
    turned = (np.floor(u * 4) + np.floor(v * 4)) % 2 > 0
    strip = np.where(turned, v * 16 + 0 * u, u * 16 + 0 * v)
    tone = rng.random((16, 16, 16))[
        (np.floor(u * 4) + 0 * v).astype(int), (np.floor(v * 4) + 0 * u).astype(int),
        np.floor(strip).astype(int) % 16,
    ]  # fmt: skip
    grain = np.where(turned, _noise(rng, 4, 128, 2), _noise(rng, 128, 4, 2))
    joint = (strip % 1 < 0.06) | (u * 4 % 1 < 0.015) | (v * 4 % 1 < 0.015)
    return np.where(joint, 0.05, 0.35 + 0.35 * tone + 0.3 * (grain - 0.5)).astype(np.float32)


def _tiles(rng: Generator) -> Floats:
    brick, joint = _cells(rng, 4, 4, 0.0, 0.006)
    return np.where(joint, np.float32(0.0), 0.72 + 0.18 * brick + 0.12 * (_noise(rng, 6, 6) - 0.5))


def _subway(rng: Generator) -> Floats:
    brick, joint = _cells(rng, 8, 4, 0.5, 0.005)
    return np.where(joint, np.float32(0.0), 0.78 + 0.16 * brick)


def _brick(rng: Generator) -> Floats:
    brick, joint = _cells(rng, 12, 4, 0.5, 0.007)
    rough = 0.25 + 0.5 * brick + 0.5 * (_noise(rng, 24, 24) - 0.5)
    return np.where(joint, np.float32(1.0), np.minimum(rough, 0.8))


def _checker(rng: Generator) -> Floats:
    u, v = _axes()
    dark = (np.floor(u * 4) + np.floor(v * 4)) % 2
    return np.clip(0.15 + 0.7 * dark + 0.25 * (_noise(rng, 8, 8) - 0.5), 0, 1).astype(np.float32)


def _carpet(rng: Generator) -> Floats:
    return 0.5 + 0.6 * (_noise(rng, 96, 96, 2) - 0.5) + 0.5 * (_noise(rng, 5, 5) - 0.5)


def _weave(rng: Generator) -> Floats:
    u, v = _axes()
    thread = np.sin(2 * np.pi * 40 * u) * np.sin(2 * np.pi * 40 * v)
    return 0.5 + 0.22 * thread.astype(np.float32) + 0.5 * (_noise(rng, 8, 8) - 0.5)


def _stripes(rng: Generator) -> Floats:
    u, v = _axes()
    wave = np.clip(0.5 + 2.5 * np.sin(2 * np.pi * 5 * u), 0, 1)
    return (wave + 0 * v + 0.15 * (_noise(rng, 8, 8) - 0.5)).astype(np.float32)


def _bands(rng: Generator) -> Floats:
    """Return a blanket's bands: broad and narrow stripes of several values."""
    _, v = _axes()
    values = rng.random(12)[np.floor(v[:, 0] * 24).astype(int) // 2]
    return (values[:, None] + 0.3 * (_noise(rng, 48, 48, 2) - 0.5)).astype(np.float32)


def _plaid(rng: Generator) -> Floats:
    u, v = _axes()
    across = (u * 4 % 1 < 0.4) * 0.35 + (u * 4 % 1 > 0.85) * 0.2
    along = (v * 4 % 1 < 0.4) * 0.35 + (v * 4 % 1 > 0.85) * 0.2
    return (0.1 + across + along + 0.15 * (_noise(rng, 64, 64, 1) - 0.5)).astype(np.float32)


def _damask(rng: Generator) -> Floats:
    """Return a wallpaper of ornaments on a diagonal lattice."""
    u, v = _axes()
    row = np.floor(v * 6)
    x = (u * 6 + 0.5 * (row % 2)) % 1 - 0.5
    y = v * 6 % 1 - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    petals = np.clip((0.3 + 0.1 * np.cos(5 * angle) - radius) * 18, 0, 1)
    core = np.clip((0.09 - radius) * 25, 0, 1)
    return (0.15 + 0.7 * (petals - core) + 0.1 * (_noise(rng, 6, 6) - 0.5)).astype(np.float32)


def _rug(rng: Generator) -> Floats:
    """Return a rug for one face: nested borders around a field of diamonds."""
    u, v = _axes()
    edge = np.minimum(np.minimum(u, 1 - u) + 0 * v, np.minimum(v, 1 - v) + 0 * u)
    border = np.floor(edge * 24)
    values = rng.permutation(np.linspace(0, 1, 13))
    ring = values[np.minimum(border, 12).astype(int)]
    diamonds = (np.abs(u * 8 % 1 - 0.5) + np.abs(v * 8 % 1 - 0.5) < 0.42) * 0.7
    field = np.where(edge > 0.17, 0.15 + diamonds, ring)
    return (field + 0.25 * (_noise(rng, 96, 96, 1) - 0.5)).astype(np.float32)


def _spines(rng: Generator) -> Floats:
    """Return a row of book spines for one face; values pick a colour of the ramp."""
    u, _ = _axes()
    bounds = np.cumsum(rng.uniform(0.5, 1.3, 24))
    which = np.searchsorted(bounds / bounds[-1], u[0])
    spine = rng.random(25)[which]
    distance = np.abs(u[0][:, None] - bounds / bounds[-1]).min(1)
    picture = np.repeat(np.where(distance < 0.004, 0.0, 0.08 + 0.92 * spine)[None, :], SIDE, 0)
    height = rng.uniform(0.82, 1.0, 25)[which]
    v = _axes()[1]
    picture = np.where(v > height[None, :], 0.0, picture)
    label = (v > 0.62) & (v < 0.74) & (rng.random(25)[which] < 0.6)[None, :]
    return np.where(label, 1 - picture, picture).astype(np.float32)


def _picture(rng: Generator) -> Floats:
    """Return a painting: a few soft shapes over a gradient."""
    u, v = _axes()
    canvas = 0.35 + 0.4 * v + 0.2 * (_noise(rng, 4, 4) - 0.5) + 0 * u
    for _ in range(7):
        x, y, size = rng.random(), rng.random(), rng.uniform(0.05, 0.22)
        blob = np.clip((size - np.hypot(u - x, (v - y) * rng.uniform(0.6, 1.6))) * 30, 0, 1)
        canvas = canvas + (rng.random() - canvas) * blob
    return canvas.astype(np.float32)


def _screen(rng: Generator) -> Floats:
    """Return a dark screen with the room's glare across it."""
    u, v = _axes()
    glare = np.clip(1 - np.abs(u - 0.6 * v - 0.25) * 7, 0, 1) + 0.6 * np.clip(
        1 - np.abs(u - 0.6 * v - 0.5) * 14, 0, 1
    )
    return (0.1 + 0.45 * glare + 0.05 * (_noise(rng, 3, 3) - 0.5)).astype(np.float32)


def _panels(rng: Generator) -> Floats:
    """Return a door or a cupboard front: a frame around sunk panels, for one face."""
    u, v = _axes()
    edge_u = np.minimum(u * 2 % 1, 1 - u * 2 % 1) / 2
    edge_v = np.minimum(v * 2 % 1, 1 - v * 2 % 1) / 2
    edge = np.minimum(edge_u + 0 * v, edge_v + 0 * u)
    bevel = np.where((edge > 0.055) & (edge < 0.075), 0.25, 0.75)
    bevel = np.where(edge < 0.006, 0.05, bevel)
    return (bevel + 0.2 * (_noise(rng, 3, 48, 2) - 0.5)).astype(np.float32)


def _foliage(rng: Generator) -> Floats:
    return np.clip(1.6 * (_noise(rng, 14, 14, 3) - 0.5) + 0.45, 0, 1).astype(np.float32)


def _marble(rng: Generator) -> Floats:
    vein = np.abs(_noise(rng, 3, 3, 4) - 0.5)
    return np.clip(0.25 + 5 * vein, 0, 0.9) + 0.1 * _noise(rng, 32, 32, 2)


def _dial(rng: Generator) -> Floats:
    """Return a clock's face: twelve marks and two hands, 0 is ink."""
    u, v = _axes()
    x, y = u - 0.5, v - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(x, y)
    marks = (np.abs((angle * 6 / np.pi + 0.5) % 1 - 0.5) < 0.13) & (radius > 0.36) & (radius < 0.44)
    ink = marks | (radius > 0.475)
    for heading, length in ((rng.uniform(0, 6.2), 0.22), (rng.uniform(0, 6.2), 0.34)):
        along = x * np.sin(heading) + y * np.cos(heading)
        aside = np.abs(x * np.cos(heading) - y * np.sin(heading))
        ink |= (along > -0.03) & (along < length) & (aside < 0.018)
    return np.where(ink, np.float32(0.0), np.float32(1.0))


PATTERNS: dict[str, Callable[[Generator], Floats]] = {
    "mottle": _mottle,
    "grain": _grain,
    "planks": _planks,
    "parquet": _parquet,
    "tiles": _tiles,
    "subway": _subway,
    "brick": _brick,
    "checker": _checker,
    "carpet": _carpet,
    "weave": _weave,
    "stripes": _stripes,
    "bands": _bands,
    "plaid": _plaid,
    "damask": _damask,
    "rug": _rug,
    "spines": _spines,
    "picture": _picture,
    "screen": _screen,
    "panels": _panels,
    "foliage": _foliage,
    "marble": _marble,
    "dial": _dial,
}
"""Every pattern by name."""
