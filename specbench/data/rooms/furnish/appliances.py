"""What stands in kitchens and bathrooms, and the television."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.furnish.style import CERAMIC, DARK, METAL, STEEL, WHITE, hue
from specbench.data.rooms.material import Material, mix, plain, shade
from specbench.data.rooms.shapes import Piece, Shape, box, cylinder, ellipsoid, labelled, rod

Generator = np.random.Generator
SCREEN = Material("screen", ((0.02, 0.02, 0.03), (0.35, 0.4, 0.48)), 0.0)


def television(width: float, stand: bool = True) -> Piece:
    """Return a flat screen; on a foot from z = 0, or to hang with its back on y = 0."""
    height, low = width * 0.58, 0.08 if stand else 0.0
    faces = (DARK, DARK, DARK, SCREEN, DARK, DARK)
    parts = [box((-width / 2, 0, low), (width / 2, 0.05, low + height), faces)]
    if stand:
        parts.append(box((-0.03, 0, 0), (0.03, 0.04, low), DARK))
        parts.append(ellipsoid((0, 0.03, 0.0), (width * 0.25, 0.12, 0.025), DARK))
    return labelled(parts, "tv")


def refrigerator(rng: Generator) -> Piece:
    """Return a fridge 0.65 m wide and 1.8 m high with two doors and bar handles."""
    tone = STEEL if rng.random() < 0.5 else WHITE
    skin = plain(tone)
    split = float(rng.uniform(0.9, 1.25))
    parts = [
        box((-0.33, -0.33, 0.03), (0.33, 0.28, 1.8), plain(shade(tone, 0.8))),
        box((-0.33, 0.285, 0.05), (0.33, 0.34, split), skin),
        box((-0.33, 0.285, split + 0.012), (0.33, 0.34, 1.8), skin),
        rod((-0.27, 0.38, split - 0.5), (-0.27, 0.38, split - 0.06), 0.016, METAL),
        rod((-0.27, 0.38, split + 0.07), (-0.27, 0.38, split + 0.45), 0.016, METAL),
    ]
    return labelled(parts, "refrigerator")


def oven(rng: Generator) -> Piece:
    """Return a stove 0.6 m wide: door with a window, knobs, four hot plates."""
    body = plain(WHITE if rng.random() < 0.5 else (0.3, 0.31, 0.33))
    parts = [
        box((-0.3, -0.3, 0), (0.3, 0.3, 0.9), body),
        box((-0.26, 0.3, 0.2), (0.26, 0.325, 0.68), SCREEN),
        rod((-0.24, 0.36, 0.72), (0.24, 0.36, 0.72), 0.015, METAL),
        box((-0.29, -0.28, 0.9), (0.29, 0.28, 0.91), DARK),
    ]
    for knob in range(5):
        x = -0.22 + 0.11 * knob
        parts.append(rod((x, 0.3, 0.81), (x, 0.335, 0.81), 0.025, DARK))
    for x in (-0.14, 0.14):
        for y in (-0.13, 0.13):
            parts.append(cylinder((x, y, 0.91), 0.095, 0.012, plain((0.25, 0.12, 0.1))))
    return labelled(parts, "oven")


def microwave(rng: Generator) -> Piece:
    """Return a microwave 0.5 m wide: dark door, a panel with a knob."""
    body = plain(WHITE if rng.random() < 0.5 else STEEL)
    parts = [
        box((-0.26, -0.17, 0.01), (0.26, 0.17, 0.3), body),
        box((-0.24, 0.17, 0.03), (0.11, 0.178, 0.28), SCREEN),
        rod((0.185, 0.17, 0.1), (0.185, 0.195, 0.1), 0.035, DARK),
        box((0.14, 0.17, 0.2), (0.23, 0.176, 0.26), plain((0.15, 0.5, 0.3))),
    ]
    return labelled(parts, "microwave")


def toaster(rng: Generator) -> Piece:
    """Return a toaster 0.3 m wide with a rounded top and two slots."""
    skin = METAL if rng.random() < 0.4 else plain(hue(rng, 0.6, 0.75))
    parts = [
        box((-0.15, -0.09, 0.02), (0.15, 0.09, 0.14), skin),
        rod((-0.15, 0, 0.135), (0.15, 0, 0.135), 0.088, skin),
        box((-0.11, -0.045, 0.16), (0.11, -0.015, 0.227), DARK),
        box((-0.11, 0.015, 0.16), (0.11, 0.045, 0.227), DARK),
        box((0.15, -0.02, 0.09), (0.175, 0.02, 0.11), DARK),
    ]
    return labelled(parts, "toaster")


def faucet(x: float, y: float, z: float) -> Piece:
    """Return a bent tap that rises 0.25 m behind (x, y)."""
    return [
        rod((x, y, z), (x, y, z + 0.24), 0.016, METAL),
        rod((x, y, z + 0.24), (x, y + 0.17, z + 0.22), 0.014, METAL),
        rod((x, y + 0.17, z + 0.23), (x, y + 0.17, z + 0.17), 0.013, METAL),
    ]


def kitchen_sink() -> Piece:
    """Return a steel sink to lie on a counter whose top is z = 0: rim, dark bowl, tap."""
    rim, bowl = METAL, plain((0.42, 0.43, 0.45))
    parts: list[Shape] = [
        box((-0.36, -0.22, 0), (0.36, 0.24, 0.018), rim),
        box((-0.31, -0.14, 0.012), (0.12, 0.2, 0.021), bowl),
        cylinder((-0.1, 0.03, 0.02), 0.03, 0.004, DARK),
        *faucet(-0.1, -0.18, 0.018),
    ]
    return labelled(parts, "sink")


def wash_basin(rng: Generator) -> Piece:
    """Return a bathroom sink on a pedestal, 0.85 m high, its back at y = -0.25."""
    parts = [
        cylinder((0, -0.08, 0), 0.1, 0.68, CERAMIC, top=0.08),
        cylinder((0, -0.02, 0.62), 0.14, 0.2, CERAMIC, top=0.29),
        cylinder((0, -0.02, 0.82), 0.3, 0.035, CERAMIC),
        cylinder((0, 0.0, 0.83), 0.22, 0.03, plain((0.74, 0.77, 0.79))),
        box((-0.25, -0.25, 0.7), (0.25, -0.1, 0.855), CERAMIC),
        *faucet(0, -0.16, 0.85),
    ]
    return labelled(parts, "sink")


def toilet() -> Piece:
    """Return a toilet: foot, round bowl, seat and lid, cistern; its back at y = -0.35."""
    parts = [
        cylinder((0, 0.02, 0), 0.13, 0.22, CERAMIC, top=0.12),
        ellipsoid((0, 0.06, 0.25), (0.2, 0.27, 0.15), CERAMIC),
        cylinder((0, 0.1, 0.37), 0.2, 0.035, CERAMIC),
        box((-0.2, -0.18, 0.37), (0.2, 0.1, 0.405), CERAMIC),
        cylinder((0, 0.1, 0.405), 0.195, 0.018, plain((0.86, 0.87, 0.88))),
        box((-0.21, -0.35, 0.38), (0.21, -0.16, 0.76), CERAMIC),
        box((-0.225, -0.355, 0.76), (0.225, -0.15, 0.795), CERAMIC),
        cylinder((0, -0.25, 0.795), 0.03, 0.012, METAL),
    ]
    return labelled(parts, "toilet")


def bathtub(rng: Generator, length: float) -> Piece:
    """Return a tub 0.75 m deep along the wall (background), water inside, rounded rim."""
    side = length / 2
    water = Material("mottle", ((0.55, 0.72, 0.76), (0.72, 0.86, 0.88)), 1.2)
    apron = CERAMIC if rng.random() < 0.5 else plain(mix(hue(rng, 0.3, 0.8), WHITE, 0.3))
    parts = [box((-side, -0.37, 0), (side, 0.37, 0.52), apron)]
    parts.append(box((-side + 0.09, -0.29, 0.5), (side - 0.09, 0.29, 0.524), water))
    for y in (-0.33, 0.33):
        parts.append(rod((-side, y, 0.53), (side, y, 0.53), 0.05, CERAMIC))
    for x in (-side + 0.04, side - 0.04):
        parts.append(rod((x, -0.33, 0.53), (x, 0.33, 0.53), 0.05, CERAMIC))
    return parts


def shower_pipe() -> Piece:
    """Return a pipe with a shower head against the wall y = 0, from the tub up."""
    return [
        rod((0, 0.05, 0.75), (0, 0.05, 1.95), 0.015, METAL),
        rod((0, 0.05, 1.95), (0, 0.3, 1.98), 0.015, METAL),
        cylinder((0, 0.3, 1.92), 0.1, 0.05, METAL, top=0.03),
    ]


def boiler() -> Piece:
    """Return a round water heater to hang: its back on y = 0, 0.9 m high."""
    return [
        cylinder((0, 0.24, 0.06), 0.22, 0.78, CERAMIC),
        ellipsoid((0, 0.24, 0.84), (0.22, 0.22, 0.07), CERAMIC),
        ellipsoid((0, 0.24, 0.06), (0.22, 0.22, 0.07), CERAMIC),
        rod((0.08, 0.22, 0.05), (0.08, 0.22, -0.35), 0.014, METAL),
        rod((-0.08, 0.22, 0.05), (-0.08, 0.22, -0.35), 0.014, METAL),
    ]
