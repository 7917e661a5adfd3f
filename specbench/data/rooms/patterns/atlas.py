"""The atlas of procedural patterns: tileable grey pictures, each with its smaller versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.patterns import cloth, pictures, surfaces
from specbench.data.rooms.patterns.noise import SIDE, Generator, Grey
from specbench.seeding import numpy_stream

LEVELS = 6
"""A pattern and its halvings, so that far surfaces do not flicker."""

PATTERNS: dict[str, Callable[[Generator], Grey]] = {
    "mottle": surfaces.mottle,
    "grain": surfaces.grain,
    "planks": surfaces.planks,
    "parquet": surfaces.parquet,
    "tiles": surfaces.tiles,
    "subway": surfaces.subway,
    "brick": surfaces.brick,
    "checker": surfaces.checker,
    "carpet": surfaces.carpet,
    "marble": surfaces.marble,
    "weave": cloth.weave,
    "stripes": cloth.stripes,
    "bands": cloth.bands,
    "plaid": cloth.plaid,
    "damask": cloth.damask,
    "rug": cloth.rug,
    "spines": pictures.spines,
    "picture": pictures.picture,
    "screen": pictures.screen,
    "panels": pictures.panels,
    "foliage": pictures.foliage,
    "dial": pictures.dial,
}
"""Every pattern by name."""


@dataclass(frozen=True)
class Atlas:
    """All patterns in one flat array of bytes; ``starts`` (patterns, LEVELS) says where each is."""

    names: tuple[str, ...]
    texels: NDArray[np.uint8]
    starts: NDArray[np.int32]

    def lookup(
        self, pattern: NDArray[np.int32], coords: NDArray[np.float32], level: NDArray[np.int32]
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
        return np.asarray(self.texels[v])


def make_atlas(seed: int) -> Atlas:
    """Return the atlas of a data seed; every pattern has its own stream."""
    texels, starts, position = [], [], 0
    for name, draw in PATTERNS.items():
        picture = draw(numpy_stream(seed, "rooms", "pattern", name)) * 255
        row = []
        for _ in range(LEVELS):
            texels.append(np.rint(picture).astype(np.uint8).ravel())
            row.append(position)
            position += picture.size
            picture = picture.reshape(len(picture) // 2, 2, -1, 2).mean(axis=(1, 3))
        starts.append(row)
    return Atlas(tuple(PATTERNS), np.concatenate(texels), np.array(starts, np.int32))
