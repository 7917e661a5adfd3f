"""Chairs, couches and beds."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.furnish.style import BLACK, METAL, WHITE, Style
from specbench.data.rooms.material import Material, mix, plain, shade
from specbench.data.rooms.shapes import (
    Piece,
    box,
    cylinder,
    ellipsoid,
    labelled,
    lean,
    rod,
    tilted,
)

Generator = np.random.Generator


def dining_chair(rng: Generator, style: Style) -> Piece:
    """Return a wooden chair, 0.45 m wide, with four legs and a slatted or padded back."""
    wood = style.timber() if rng.random() < 0.6 else style.dark_timber()
    seat = style.fabric(rng) if rng.random() < 0.5 else wood
    parts = [box((-0.22, -0.22, 0.42), (0.22, 0.22, 0.47), seat)]
    for x in (-0.19, 0.19):
        parts.append(rod((x, 0.19, 0), (x, 0.19, 0.43), 0.022, wood))
        parts.append(rod((x, -0.2, 0), (x, -0.23, 0.95), 0.022, wood))
    if rng.random() < 0.5:
        parts.append(box((-0.19, -0.245, 0.62), (0.19, -0.205, 0.93), seat))
    else:
        for z in (0.6, 0.73, 0.86):
            parts.append(box((-0.19, -0.24, z), (0.19, -0.21, z + 0.07), wood))
    return labelled(parts, "chair")


def office_chair(rng: Generator, style: Style) -> Piece:
    """Return a swivel chair: a star foot, a gas lift, a padded seat and back."""
    fabric = style.fabric(rng) if rng.random() < 0.5 else plain((0.16, 0.16, 0.18))
    parts = [
        cylinder((0, 0, 0.06), 0.03, 0.4, METAL),
        ellipsoid((0, 0, 0.48), (0.27, 0.26, 0.06), fabric),
        tilted(ellipsoid((0, -0.25, 0.82), (0.24, 0.05, 0.3), fabric), lean(0.12)),
        rod((0, -0.2, 0.46), (0, -0.25, 0.7), 0.025, METAL),
    ]
    for spoke in range(5):
        angle = 2 * np.pi * spoke / 5
        end = (0.3 * np.cos(angle), 0.3 * np.sin(angle), 0.05)
        parts.append(rod((0, 0, 0.09), end, 0.022, plain(BLACK)))
    return labelled(parts, "chair")


def armchair(rng: Generator, style: Style) -> Piece:
    """Return an upholstered chair, 0.8 m wide, of the couch's make."""
    return labelled(_sofa(style.fabric(rng), 0.82, 1), "chair")


def couch(rng: Generator, style: Style, seats: int) -> Piece:
    """Return a couch, 0.62 m a seat plus 0.4 m wide, 0.9 m deep, with rolled arms and cushions."""
    fabric = style.fabric(rng)
    parts = _sofa(fabric, couch_width(seats), seats)
    for _ in range(int(rng.integers(1, 3))):
        x = float(rng.uniform(-0.3 * seats, 0.3 * seats))
        cushion = ellipsoid((x, -0.08, 0.6), (0.21, 0.09, 0.2), style.cloth(rng))
        parts.append(tilted(cushion, lean(0.35)))
    return labelled(parts, "couch")


def couch_width(seats: int) -> float:
    """Return the width in metres of a couch for this many."""
    return 0.62 * seats + 0.4


def _sofa(fabric: Material, width: float, seats: int) -> Piece:
    side = width / 2
    parts = [
        box((-side + 0.1, -0.4, 0.08), (side - 0.1, 0.42, 0.32), fabric),
        tilted(box((-side + 0.1, -0.44, 0.3), (side - 0.1, -0.24, 0.84), fabric), lean(0.1)),
        rod((-side + 0.1, -0.37, 0.84), (side - 0.1, -0.37, 0.84), 0.09, fabric),
    ]
    for sign in (-1, 1):
        x = sign * (side - 0.1)
        parts.append(box((x - 0.09, -0.42, 0.08), (x + 0.09, 0.42, 0.52), fabric))
        parts.append(rod((x, -0.42, 0.53), (x, 0.43, 0.53), 0.115, fabric))
    span = (width - 0.4) / seats
    for seat in range(seats):
        x = -side + 0.2 + span * (seat + 0.5)
        parts.append(ellipsoid((x, 0.1, 0.34), (span * 0.58, 0.42, 0.12), fabric))
    return parts


def bed(rng: Generator, style: Style, width: float) -> Piece:
    """Return a bed 2.05 m long: frame, headboard, mattress, blanket, pillows."""
    side = width / 2
    frame = style.timber() if rng.random() < 0.5 else style.dark_timber()
    linen = plain(mix(WHITE, style.accents[3], 0.15))
    cover = style.cloth(rng)
    parts = [
        box((-side, -1.02, 0.12), (side, 1.02, 0.3), frame),
        box((-side - 0.03, -1.07, 0), (side + 0.03, -1.01, float(rng.uniform(0.85, 1.2))), frame),
        box((-side + 0.02, -1.0, 0.3), (side - 0.02, 1.0, 0.5), linen),
        box((-side - 0.02, -0.35, 0.24), (side + 0.02, 1.04, 0.55), cover),
        rod((-side + 0.02, -0.35, 0.52), (side - 0.02, -0.35, 0.52), 0.07, linen),
        rod((-side + 0.0, -0.3, 0.47), (-side, 1.02, 0.47), 0.085, cover),
        rod((side, -0.3, 0.47), (side, 1.02, 0.47), 0.085, cover),
    ]
    count = 2 if width > 1.2 else 1
    pillow = plain(shade(WHITE, 1.03)) if rng.random() < 0.6 else style.cloth(rng)
    for place in range(count):
        x = (place - (count - 1) / 2) * side
        parts.append(tilted(ellipsoid((x, -0.72, 0.62), (0.33, 0.22, 0.13), pillow), lean(0.3)))
    return labelled(parts, "bed")
