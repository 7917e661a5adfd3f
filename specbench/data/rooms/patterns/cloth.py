"""Patterns of woven and printed cloth and of wallpaper."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.patterns.noise import Generator, Grey, axes, grey, noise


def weave(rng: Generator) -> Grey:
    """Return threads over and under each other."""
    u, v = axes()
    thread = np.sin(2 * np.pi * 40 * u) * np.sin(2 * np.pi * 40 * v)
    return grey(0.5 + 0.22 * thread.astype(np.float32) + 0.5 * (noise(rng, 8, 8) - 0.5))


def stripes(rng: Generator) -> Grey:
    """Return upright stripes of two tones."""
    u, v = axes()
    wave = np.clip(0.5 + 2.5 * np.sin(2 * np.pi * 5 * u), 0, 1)
    return grey(wave + 0 * v + 0.15 * (noise(rng, 8, 8) - 0.5))


def bands(rng: Generator) -> Grey:
    """Return a blanket's bands: broad and narrow stripes of several values."""
    _, v = axes()
    values = rng.random(12)[np.floor(v[:, 0] * 24).astype(int) // 2]
    return grey(values[:, None] + 0.3 * (noise(rng, 48, 48, 2) - 0.5))


def plaid(rng: Generator) -> Grey:
    """Return crossing broad and narrow bands."""
    u, v = axes()
    across = (u * 4 % 1 < 0.4) * 0.35 + (u * 4 % 1 > 0.85) * 0.2
    along = (v * 4 % 1 < 0.4) * 0.35 + (v * 4 % 1 > 0.85) * 0.2
    return grey(0.1 + across + along + 0.15 * (noise(rng, 64, 64, 1) - 0.5))


def damask(rng: Generator) -> Grey:
    """Return a wallpaper of ornaments on a diagonal lattice."""
    u, v = axes()
    row = np.floor(v * 6)
    x = (u * 6 + 0.5 * (row % 2)) % 1 - 0.5
    y = v * 6 % 1 - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    petals = np.clip((0.3 + 0.1 * np.cos(5 * angle) - radius) * 18, 0, 1)
    core = np.clip((0.09 - radius) * 25, 0, 1)
    return grey(0.15 + 0.7 * (petals - core) + 0.1 * (noise(rng, 6, 6) - 0.5))


def rug(rng: Generator) -> Grey:
    """Return a rug for one face: nested borders around a field of diamonds."""
    u, v = axes()
    edge = np.minimum(np.minimum(u, 1 - u) + 0 * v, np.minimum(v, 1 - v) + 0 * u)
    border = np.floor(edge * 24)
    values = rng.permutation(np.linspace(0, 1, 13))
    ring = values[np.minimum(border, 12).astype(int)]
    diamonds = (np.abs(u * 8 % 1 - 0.5) + np.abs(v * 8 % 1 - 0.5) < 0.42) * 0.7
    field = np.where(edge > 0.17, 0.15 + diamonds, ring)
    return grey(field + 0.25 * (noise(rng, 96, 96, 1) - 0.5))
