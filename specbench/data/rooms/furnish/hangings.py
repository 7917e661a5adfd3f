"""What hangs or lies flat: clocks, pictures, mirrors, curtains, rugs."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.furnish.style import DARK, METAL, WHITE, Style, hue
from specbench.data.rooms.material import Material, mix, plain, shade
from specbench.data.rooms.shapes import (
    Piece,
    box,
    cylinder,
    labelled,
    moved,
    rod,
)

Generator = np.random.Generator


def wall_clock(rng: Generator, radius: float) -> Piece:
    """Return a round clock whose back lies on y = 0 and whose dial looks along +y."""
    rim = DARK if rng.random() < 0.5 else plain(hue(rng, 0.5, 0.6))
    ink = Material("dial", ((0.05, 0.05, 0.06), (0.95, 0.94, 0.9)), 0.0)
    side = radius * 0.92
    face = box((-side * 0.72, 0.042, -side * 0.72), (side * 0.72, 0.052, side * 0.72), ink)
    parts = [
        rod((0, 0, 0), (0, 0.04, 0), radius, rim),
        rod((0, 0.04, 0), (0, 0.046, 0), side, plain((0.95, 0.94, 0.9))),
        face,
    ]
    return labelled(parts, "clock")


def alarm_clock(rng: Generator) -> Piece:
    """Return a small clock that stands on a table."""
    foot = labelled([box((-0.05, -0.03, 0), (0.05, 0.05, 0.02), DARK)], "clock")
    return moved(wall_clock(rng, 0.09), 0, -0.02, 0.1) + foot


def picture(rng: Generator, style: Style, width: float, height: float) -> Piece:
    """Return a framed painting whose back lies on y = 0, centred on z = 0."""
    frame = style.dark_timber() if rng.random() < 0.5 else plain((0.75, 0.62, 0.3))
    colours = tuple(hue(rng, 0.5, value) for value in (0.3, 0.6, 0.8, 0.95))
    canvas = Material("picture", colours, 0.0)
    return [
        box((-width / 2, 0, -height / 2), (width / 2, 0.03, height / 2), frame),
        box(
            (0.04 - width / 2, 0, 0.04 - height / 2),
            (width / 2 - 0.04, 0.036, height / 2 - 0.04),
            canvas,
        ),
    ]


def mirror(width: float, height: float) -> Piece:
    """Return a bathroom mirror whose back lies on y = 0, centred on z = 0."""
    glass = Material("screen", ((0.55, 0.64, 0.68), (0.95, 0.98, 1.0)), 0.0)
    return [
        box((-width / 2, 0, -height / 2), (width / 2, 0.02, height / 2), METAL),
        box(
            (0.02 - width / 2, 0, 0.02 - height / 2),
            (width / 2 - 0.02, 0.026, height / 2 - 0.02),
            glass,
        ),
    ]


def curtain(rng: Generator, style: Style, width: float, height: float) -> Piece:
    """Return one hanging curtain of round folds along x, its back on y = 0."""
    cloth = style.fabric(rng)
    folds = max(2, round(width / 0.11))
    step = width / folds
    return [
        cylinder(
            (-width / 2 + step * (fold + 0.5), 0.07 + 0.02 * (fold % 2), 0),
            step * 0.62,
            height,
            cloth,
        )
        for fold in range(folds)
    ]


def rug(rng: Generator, style: Style, width: float, depth: float) -> Piece:
    """Return a rug, a centimetre thick; sometimes a round one."""
    first, second, third = (style.accents[i] for i in rng.permutation(len(style.accents))[:3])
    if rng.random() < 0.25:
        cloth = Material("carpet", (shade(first, 0.8), mix(first, WHITE, 0.3)), 0.8)
        return [cylinder((0, 0, 0), min(width, depth) / 2, 0.012, cloth)]
    cloth = Material("rug", (first, mix(second, WHITE, 0.3), third), 0.0)
    return [box((-width / 2, -depth / 2, 0), (width / 2, depth / 2, 0.012), cloth)]
