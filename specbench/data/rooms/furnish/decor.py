"""Small things that stand: plants, vases, bottles, books, lamps, bowls."""

from __future__ import annotations

import math

import numpy as np

from specbench.data.rooms.furnish.style import CLAY, LEAF, METAL, WHITE, Style, hue
from specbench.data.rooms.material import Colour, Material, mix, plain, shade
from specbench.data.rooms.shapes import (
    Piece,
    Shape,
    box,
    cylinder,
    ellipsoid,
    labelled,
    rod,
    tilted,
    turn,
)

Generator = np.random.Generator
SPINES: tuple[Colour, ...] = (
    (0.12, 0.10, 0.10), (0.62, 0.16, 0.14), (0.85, 0.74, 0.42), (0.16, 0.30, 0.52),
    (0.20, 0.42, 0.30), (0.88, 0.86, 0.80), (0.45, 0.22, 0.40),
)  # fmt: skip


def plant(rng: Generator, height: float) -> Piece:
    """Return a potted plant: a clay or white pot, a stem and a crown of leaves."""
    pot = plain(CLAY if rng.random() < 0.6 else shade(hue(rng, 0.25, 0.85), 1.0))
    radius = 0.16 * height**0.6
    tone = mix(LEAF, (0.34, 0.52, 0.16), float(rng.random()))
    leaf = Material("foliage", (shade(tone, 0.35), tone, shade(tone, 1.5)), 0.45)
    parts = [
        cylinder((0, 0, 0), radius * 0.75, radius * 1.7, pot, top=radius * 1.05),
        rod((0, 0, radius), (0, 0, height * 0.6), radius * 0.12, plain((0.35, 0.26, 0.16))),
    ]
    for _ in range(int(rng.integers(6, 10))):
        angle = rng.uniform(0, 2 * math.pi)
        reach = min(rng.uniform(0.1, 0.26) * height, 0.26)
        z = rng.uniform(0.45, 0.88) * height
        size = rng.uniform(0.1, 0.17) * height
        centre = (reach * math.cos(angle), reach * math.sin(angle), z)
        parts.append(ellipsoid(centre, (size * 1.3, size * 0.7, size * 0.8), leaf))
        parts[-1] = tilted(parts[-1], turn(float(angle)))
    return labelled(parts, "potted plant")


def vase(rng: Generator, height: float) -> Piece:
    """Return a vase with a round belly and a flared neck."""
    glaze = hue(rng, 0.6, 0.7)
    pattern = str(rng.choice(["mottle", "bands", "marble"]))
    look = Material(pattern, (shade(glaze, 0.75), mix(glaze, WHITE, 0.35)), height)
    belly = height * float(rng.uniform(0.24, 0.32))
    parts = [
        cylinder((0, 0, 0), belly * 0.6, height * 0.1, look),
        ellipsoid((0, 0, height * 0.42), (belly, belly, height * 0.38), look),
        cylinder((0, 0, height * 0.74), belly * 0.45, height * 0.26, look, top=belly * 0.7),
    ]
    return labelled(parts, "vase")


def bottle(rng: Generator) -> Piece:
    """Return a bottle about 0.3 m high: body, shoulder, neck, label."""
    glass = (0.12, 0.32, 0.16) if rng.random() < 0.5 else hue(rng, 0.7, 0.45)
    body = plain(glass)
    size = float(rng.uniform(0.85, 1.2))
    parts = [
        cylinder((0, 0, 0), 0.042 * size, 0.19 * size, body),
        cylinder((0, 0, 0.05 * size), 0.0435 * size, 0.09 * size, plain(WHITE)),
        cylinder((0, 0, 0.19 * size), 0.042 * size, 0.05 * size, body, top=0.016 * size),
        cylinder((0, 0, 0.24 * size), 0.016 * size, 0.08 * size, body),
    ]
    return labelled(parts, "bottle")


def book_row(rng: Generator, width: float, height: float = 0.25) -> Shape:
    """Return a row of standing books, its spines along +y."""
    order = [SPINES[0]] + [SPINES[i] for i in 1 + rng.permutation(len(SPINES) - 1)]
    spines = Material("spines", tuple(order), 0.0)
    page = plain((0.88, 0.85, 0.76))
    cover = plain(order[1])
    faces = (cover, cover, page, spines, page, page)
    return box((-width / 2, -0.09, 0), (width / 2, 0.09, height), faces, "book")


def book_stack(rng: Generator) -> Piece:
    """Return two to four books lying on each other."""
    parts, z = [], 0.0
    for _ in range(int(rng.integers(2, 5))):
        thick = float(rng.uniform(0.025, 0.05))
        cover = plain(SPINES[1 + rng.integers(len(SPINES) - 1)])
        parts.append(box((-0.14, -0.1, z), (0.14, 0.1, z + thick), cover, "book"))
        parts[-1] = tilted(parts[-1], turn(float(rng.normal(0, 0.15))))
        z += thick
    return parts


def table_lamp(rng: Generator, style: Style) -> Piece:
    """Return a lamp 0.45 m high with a conical shade that glows a little."""
    stand = plain(style.accents[rng.integers(len(style.accents))])
    cloth = Material("weave", ((0.86, 0.78, 0.6), (0.98, 0.92, 0.78)), 0.3, glow=0.45)
    return [
        cylinder((0, 0, 0), 0.07, 0.02, stand),
        ellipsoid((0, 0, 0.12), (0.07, 0.07, 0.11), stand),
        cylinder((0, 0, 0.2), 0.012, 0.08, METAL),
        cylinder((0, 0, 0.26), 0.16, 0.2, cloth, top=0.09),
    ]


def floor_lamp(rng: Generator, style: Style) -> Piece:
    """Return a standing lamp 1.6 m high."""
    cloth = Material("weave", ((0.86, 0.78, 0.6), (0.98, 0.92, 0.78)), 0.3, glow=0.45)
    stem = METAL if rng.random() < 0.5 else style.dark_timber()
    return [
        cylinder((0, 0, 0), 0.15, 0.03, stem),
        cylinder((0, 0, 0.03), 0.018, 1.3, stem),
        cylinder((0, 0, 1.28), 0.24, 0.32, cloth, top=0.15),
    ]


def bowl(rng: Generator) -> Piece:
    """Return a fruit bowl with three or four round fruits."""
    parts = [cylinder((0, 0, 0), 0.07, 0.08, plain(hue(rng, 0.3, 0.85)), top=0.15)]
    for fruit in range(int(rng.integers(3, 5))):
        angle = 2.1 * fruit
        tone = ((0.9, 0.5, 0.1), (0.8, 0.15, 0.1), (0.55, 0.7, 0.15))[fruit % 3]
        centre = (0.06 * math.cos(angle), 0.06 * math.sin(angle), 0.09)
        parts.append(ellipsoid(centre, (0.045, 0.045, 0.045), plain(tone)))
    return parts
