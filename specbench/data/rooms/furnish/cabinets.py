"""Tables and everything with doors, drawers or shelves."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.furnish.decor import book_row
from specbench.data.rooms.furnish.style import DARK, METAL, Style
from specbench.data.rooms.material import Material, shade
from specbench.data.rooms.shapes import Piece, box, cylinder, labelled, moved, rod

Generator = np.random.Generator


def table(
    rng: Generator, style: Style, width: float, depth: float, height: float, look: int | None = None
) -> Piece:
    """Return a table (class dining table): four square legs, round legs, or a central foot."""
    wood = style.timber() if rng.random() < 0.5 else style.dark_timber()
    kind = int(rng.integers(3)) if look is None else look
    if kind == 2 and abs(width - depth) < 0.35:
        radius = (width + depth) / 4
        parts = [
            cylinder((0, 0, height - 0.04), radius, 0.04, wood),
            cylinder((0, 0, 0.04), 0.06, height - 0.08, wood),
            cylinder((0, 0, 0), radius * 0.5, 0.05, wood),
        ]
        return labelled(parts, "dining table")
    x, y = width / 2 - 0.06, depth / 2 - 0.06
    parts = [
        box((-width / 2, -depth / 2, height - 0.045), (width / 2, depth / 2, height), wood),
        box((-x, -y, height - 0.12), (x, y, height - 0.045), wood),
    ]
    for sx in (-1, 1):
        for sy in (-1, 1):
            if kind == 0:
                low, high = (
                    (sx * x - 0.035, sy * y - 0.035, 0),
                    (sx * x + 0.035, sy * y + 0.035, height - 0.05),
                )
                parts.append(box(low, high, wood))
            else:
                parts.append(rod((sx * x, sy * y, 0), (sx * x, sy * y, height - 0.05), 0.04, wood))
    return labelled(parts, "dining table")


def chest(
    style: Style, width: float, depth: float, height: float, columns: int, rows: int
) -> Piece:
    """Return a chest of panelled drawers or doors with knobs."""
    wood, front = style.timber(), style.front(style.wood)
    parts = [box((-width / 2, -depth / 2, 0.06), (width / 2, depth / 2, height), wood)]
    return parts + _fronts(front, width, depth, 0.08, height - 0.03, columns, rows)


def _fronts(
    front: Material, width: float, depth: float, low: float, high: float, columns: int, rows: int
) -> Piece:
    parts: Piece = []
    for column in range(columns):
        for row in range(rows):
            left = -width / 2 + width * column / columns
            right = left + width / columns
            bottom = low + (high - low) * row / rows
            top = bottom + (high - low) / rows
            parts.append(
                box(
                    (left + 0.01, depth / 2, bottom + 0.01),
                    (right - 0.01, depth / 2 + 0.02, top - 0.01),
                    front,
                )
            )
            x, z = (left + right) / 2, (bottom + top) / 2
            parts.append(rod((x, depth / 2, z), (x, depth / 2 + 0.05, z), 0.018, METAL))
    return parts


def wardrobe(style: Style, width: float, height: float) -> Piece:
    """Return a wardrobe 0.6 m deep with two or three doors."""
    front = style.front(shade(style.wood, 1.1))
    parts = [box((-width / 2, -0.3, 0), (width / 2, 0.28, height), style.timber())]
    return parts + _fronts(front, width, 0.56, 0.05, height - 0.05, 2 if width < 1.3 else 3, 1)


def bookshelf(rng: Generator, style: Style, width: float, height: float) -> Piece:
    """Return open shelves, 0.3 m deep, filled with rows of books (class book)."""
    wood = style.timber() if rng.random() < 0.5 else style.dark_timber()
    side = width / 2
    parts = [
        box((-side, -0.15, 0), (side, -0.13, height), wood),
        box((-side, -0.15, 0), (-side + 0.03, 0.15, height), wood),
        box((side - 0.03, -0.15, 0), (side, 0.15, height), wood),
    ]
    levels = max(2, round(height / 0.36))
    for level in range(levels + 1):
        z = level * (height - 0.03) / levels
        parts.append(box((-side, -0.15, z), (side, 0.15, z + 0.03), wood))
        if level < levels and rng.random() < 0.85:
            span = float(rng.uniform(0.5, 0.98)) * (width - 0.08)
            shift = float(rng.uniform(-1, 1)) * (width - 0.08 - span) / 2
            row = book_row(rng, span, float(rng.uniform(0.22, 0.29)))
            parts += moved([row], shift, 0.0, z + 0.03)
    return parts


def counter(style: Style, width: float, top: Material) -> Piece:
    """Return a kitchen counter 0.6 m deep and 0.9 m high with doors."""
    base = style.front()
    parts = [
        box((-width / 2, -0.3, 0.1), (width / 2, 0.28, 0.86), base),
        box((-width / 2, -0.3, 0), (width / 2, 0.24, 0.1), DARK),
        box((-width / 2, -0.3, 0.86), (width / 2, 0.31, 0.9), top),
    ]
    return parts + _fronts(base, width, 0.56, 0.1, 0.86, max(1, round(width / 0.5)), 1)


def wall_cupboard(style: Style, width: float, height: float) -> Piece:
    """Return a cupboard to hang: back on y = 0, 0.34 m deep, from z = 0 up."""
    base = style.front()
    body = [box((-width / 2, -0.17, 0), (width / 2, 0.15, height), base)]
    parts = body + _fronts(base, width, 0.3, 0, height, max(1, round(width / 0.45)), 1)
    return moved(parts, 0, 0.17)
