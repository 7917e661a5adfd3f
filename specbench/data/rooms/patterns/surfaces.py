"""Patterns of walls, floors, boards and stone."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.patterns.noise import Generator, Grey, axes, cells, grey, noise


def mottle(rng: Generator) -> Grey:
    """Return soft clouds: plaster, paint, ceramic."""
    return grey(noise(rng, 4, 4, 4))


def grain(rng: Generator) -> Grey:
    """Return the rings and fibres of a sawn board."""
    u, v = axes()
    warp = noise(rng, 2, 3, 3)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (9 * v + 2.2 * warp))
    return grey(0.55 * rings + 0.45 * noise(rng, 3, 64, 2) + 0 * u)


def planks(rng: Generator) -> Grey:
    """Return long floor boards with dark joints."""
    brick, joint = cells(rng, 8, 2, 0.5, 0.0025)
    wood = (
        0.3 + 0.4 * brick + 0.35 * (noise(rng, 4, 96, 2) - 0.5) + 0.25 * (noise(rng, 2, 24) - 0.5)
    )
    return grey(np.where(joint, np.float32(0.0), wood))


def parquet(rng: Generator) -> Grey:
    """Return squares of strips, laid crosswise."""
    u, v = axes()
    turned = (np.floor(u * 4) + np.floor(v * 4)) % 2 > 0
    strip = np.where(turned, v * 16 + 0 * u, u * 16 + 0 * v)
    tone = rng.random((16, 16, 16))[
        (np.floor(u * 4) + 0 * v).astype(int), (np.floor(v * 4) + 0 * u).astype(int),
        np.floor(strip).astype(int) % 16,
    ]  # fmt: skip
    grain = np.where(turned, noise(rng, 4, 128, 2), noise(rng, 128, 4, 2))
    joint = (strip % 1 < 0.06) | (u * 4 % 1 < 0.015) | (v * 4 % 1 < 0.015)
    return grey(np.where(joint, 0.05, 0.35 + 0.35 * tone + 0.3 * (grain - 0.5)))


def tiles(rng: Generator) -> Grey:
    """Return four by four square tiles with dark joints."""
    brick, joint = cells(rng, 4, 4, 0.0, 0.006)
    return grey(
        np.where(joint, np.float32(0.0), 0.72 + 0.18 * brick + 0.12 * (noise(rng, 6, 6) - 0.5))
    )


def subway(rng: Generator) -> Grey:
    """Return flat tiles in a running bond."""
    brick, joint = cells(rng, 8, 4, 0.5, 0.005)
    return grey(np.where(joint, np.float32(0.0), 0.78 + 0.16 * brick))


def brick(rng: Generator) -> Grey:
    """Return a brick wall with bright joints."""
    brick, joint = cells(rng, 12, 4, 0.5, 0.007)
    rough = 0.25 + 0.5 * brick + 0.5 * (noise(rng, 24, 24) - 0.5)
    return grey(np.where(joint, np.float32(1.0), np.minimum(rough, 0.8)))


def checker(rng: Generator) -> Grey:
    """Return two kinds of square slabs."""
    u, v = axes()
    dark = (np.floor(u * 4) + np.floor(v * 4)) % 2
    return grey(np.clip(0.15 + 0.7 * dark + 0.25 * (noise(rng, 8, 8) - 0.5), 0, 1))


def carpet(rng: Generator) -> Grey:
    """Return the pile of a carpet."""
    return grey(0.5 + 0.6 * (noise(rng, 96, 96, 2) - 0.5) + 0.5 * (noise(rng, 5, 5) - 0.5))


def marble(rng: Generator) -> Grey:
    """Return veined stone."""
    vein = np.abs(noise(rng, 3, 3, 4) - 0.5)
    return grey(np.clip(0.25 + 5 * vein, 0, 0.9) + 0.1 * noise(rng, 32, 32, 2))
