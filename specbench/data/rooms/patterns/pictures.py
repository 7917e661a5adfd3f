"""Patterns that are pictures of things: books, paintings, screens, fronts, leaves, dials."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.patterns.noise import SIDE, Generator, Grey, axes, grey, noise


def spines(rng: Generator) -> Grey:
    """Return a row of book spines for one face; values pick a colour of the ramp."""
    u, _ = axes()
    bounds = np.cumsum(rng.uniform(0.5, 1.3, 24))
    which = np.searchsorted(bounds / bounds[-1], u[0])
    spine = rng.random(25)[which]
    distance = np.abs(u[0][:, None] - bounds / bounds[-1]).min(1)
    picture = np.repeat(np.where(distance < 0.004, 0.0, 0.08 + 0.92 * spine)[None, :], SIDE, 0)
    height = rng.uniform(0.82, 1.0, 25)[which]
    v = axes()[1]
    picture = np.where(v > height[None, :], 0.0, picture)
    label = (v > 0.62) & (v < 0.74) & (rng.random(25)[which] < 0.6)[None, :]
    return grey(np.where(label, 1 - picture, picture))


def picture(rng: Generator) -> Grey:
    """Return a painting: a few soft shapes over a gradient."""
    u, v = axes()
    canvas = 0.35 + 0.4 * v + 0.2 * (noise(rng, 4, 4) - 0.5) + 0 * u
    for _ in range(7):
        x, y, size = rng.random(), rng.random(), rng.uniform(0.05, 0.22)
        blob = np.clip((size - np.hypot(u - x, (v - y) * rng.uniform(0.6, 1.6))) * 30, 0, 1)
        canvas = canvas + (rng.random() - canvas) * blob
    return grey(canvas)


def screen(rng: Generator) -> Grey:
    """Return a dark screen with the room's glare across it."""
    u, v = axes()
    glare = np.clip(1 - np.abs(u - 0.6 * v - 0.25) * 7, 0, 1) + 0.6 * np.clip(
        1 - np.abs(u - 0.6 * v - 0.5) * 14, 0, 1
    )
    return grey(0.1 + 0.45 * glare + 0.05 * (noise(rng, 3, 3) - 0.5))


def panels(rng: Generator) -> Grey:
    """Return a door or a cupboard front: a frame around sunk panels, for one face."""
    u, v = axes()
    edge_u = np.minimum(u * 2 % 1, 1 - u * 2 % 1) / 2
    edge_v = np.minimum(v * 2 % 1, 1 - v * 2 % 1) / 2
    edge = np.minimum(edge_u + 0 * v, edge_v + 0 * u)
    bevel = np.where((edge > 0.055) & (edge < 0.075), 0.25, 0.75)
    bevel = np.where(edge < 0.006, 0.05, bevel)
    return grey(bevel + 0.2 * (noise(rng, 3, 48, 2) - 0.5))


def foliage(rng: Generator) -> Grey:
    """Return leaves with dark gaps between them."""
    return grey(np.clip(1.6 * (noise(rng, 14, 14, 3) - 0.5) + 0.45, 0, 1))


def dial(rng: Generator) -> Grey:
    """Return a clock's face: twelve marks and two hands, 0 is ink."""
    u, v = axes()
    x, y = u - 0.5, v - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(x, y)
    marks = (np.abs((angle * 6 / np.pi + 0.5) % 1 - 0.5) < 0.13) & (radius > 0.36) & (radius < 0.44)
    ink = marks
    for heading, length in ((rng.uniform(0, 6.2), 0.22), (rng.uniform(0, 6.2), 0.34)):
        along = x * np.sin(heading) + y * np.cos(heading)
        aside = np.abs(x * np.cos(heading) - y * np.sin(heading))
        ink |= (along > -0.03) & (along < length) & (aside < 0.018)
    return grey(np.where(ink, np.float32(0.0), np.float32(1.0)))
