"""The room itself: shell, windows, door, skirting, and the furnishing of each room type."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from specbench.data.rooms import decor
from specbench.data.rooms.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish_private import furnish_bathroom, furnish_bedroom, furnish_office
from specbench.data.rooms.furnish_shared import (
    furnish_dining_room,
    furnish_kitchen,
    furnish_living_room,
)
from specbench.data.rooms.material import Material, plain, shade
from specbench.data.rooms.scene import Room, Window
from specbench.data.rooms.shapes import Kind, Shape, box, cylinder, ellipsoid
from specbench.data.rooms.style import METAL, WHITE, Style, room_surfaces

Generator = np.random.Generator

SIZES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "bathroom": ((2.4, 3.4), (2.6, 3.6)),
    "bedroom": ((3.4, 4.6), (3.4, 4.6)),
    "dining_room": ((3.6, 4.8), (3.8, 5.2)),
    "kitchen": ((3.2, 4.4), (3.2, 4.6)),
    "living_room": ((4.2, 5.6), (4.2, 6.0)),
    "office": ((3.2, 4.4), (3.2, 4.4)),
}
"""Widths and depths in metres between which a room type is drawn."""

FURNISH: dict[str, Callable[[Generator, Style, FloorPlan], None]] = {
    "bathroom": furnish_bathroom,
    "bedroom": furnish_bedroom,
    "dining_room": furnish_dining_room,
    "kitchen": furnish_kitchen,
    "living_room": furnish_living_room,
    "office": furnish_office,
}
"""Who furnishes each room type."""


def build_room(kind: str, style: Style, rng: Generator) -> Room:
    """Return a furnished room of this kind in a building's style."""
    width, depth = (float(rng.uniform(*span)) for span in SIZES[kind])
    plan = FloorPlan(width, depth, float(rng.uniform(2.4, 2.8)))
    wall, feature, floor, ceiling = room_surfaces(style, kind, rng)
    windows, door = _openings(rng, plan, kind)
    FURNISH[kind](rng, style, plan)
    shell = _shell(rng, plan, wall, feature, floor, ceiling)
    shapes = [shell, *_skirting(plan, style), *plan.shapes]
    shapes += _door(plan, style, door)
    for window, pose in windows:
        shapes += _frame(rng, plan, style, window, pose, kind)
    lamp = np.array([rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3), plan.height - 0.35])
    shapes += _ceiling_lamp(rng, plan, lamp)
    return Room(
        kind,
        np.array([plan.width, plan.depth, plan.height]),
        tuple(shapes),
        tuple(window for window, _ in windows),
        lamp,
        lamp_power=float(rng.uniform(0.75, 1.15)),
        daylight=float(rng.uniform(0.6, 1.3)),
        sky=float(rng.random()),
    )


def _openings(
    rng: Generator, plan: FloorPlan, kind: str
) -> tuple[list[tuple[Window, Pose]], tuple[int, float]]:
    """Return windows with the poses of their lower edges, and the door's wall and place."""
    walls = rng.permutation(4)
    count = 1 if kind == "bathroom" else int(rng.integers(1, 3))
    windows = []
    for wall in (int(wall) for wall in walls[:count]):
        width = float(rng.uniform(0.7, 0.9) if kind == "bathroom" else rng.uniform(1.0, 1.8))
        low = 1.3 if kind == "bathroom" else float(rng.uniform(0.85, 1.05))
        top = min(plan.height - 0.25, low + float(rng.uniform(0.9, 1.3)))
        room = (plan.wall_length(wall) - width) / 2 - 0.35
        place = float(rng.uniform(-1, 1)) * max(room, 0.0)
        plan.mark(wall, place, width + 0.3, low - 0.05, top + 0.1)
        windows.append(
            (_window(plan, wall, place, width, low, top), plan.wall_pose(wall, place, 0, low))
        )
    wall = int(walls[3])
    place = float(rng.choice([-1, 1])) * (plan.wall_length(wall) / 2 - 0.7)
    plan.mark(wall, place, 1.05, 0, 2.15)
    plan.take(plan.wall_pose(wall, place, 0.4), 0.95, 0.8)
    return windows, (wall, place)


def _window(
    plan: FloorPlan, wall: int, place: float, width: float, low: float, top: float
) -> Window:
    centre = plan.wall_pose(wall, place, 0.0)
    along = centre.x if wall % 2 == 0 else centre.y
    sign = -1 if wall in (0, 3) else 1
    return Window(1 - wall % 2, sign, (along - width / 2, low), (along + width / 2, top))


def _shell(
    rng: Generator,
    plan: FloorPlan,
    wall: Material,
    feature: Material,
    floor: Material,
    ceiling: Material,
) -> Shape:
    walls = [wall] * 4
    walls[int(rng.integers(4))] = feature
    centre = np.array([0, 0, plan.height / 2])
    half = np.array([plan.width / 2, plan.depth / 2, plan.height / 2])
    return Shape(Kind.SHELL, centre, half, (*walls, floor, ceiling), casts=False)


def _skirting(plan: FloorPlan, style: Style) -> list[Shape]:
    white = plain(shade(WHITE, 0.97))
    shapes: list[Shape] = []
    for wall in range(4):
        half = plan.wall_length(wall) / 2
        board = box((-half, 0, 0), (half, 0.015, 0.09), white)
        shapes += plan.wall_pose(wall, 0, 0).put([board])
    return shapes


def _door(plan: FloorPlan, style: Style, door: tuple[int, float]) -> list[Shape]:
    wall, place = door
    leaf = style.front(shade(style.wood, 1.1))
    parts = [
        box((-0.49, 0, 0), (0.49, 0.03, 2.09), plain(WHITE)),
        box((-0.42, 0.0, 0.01), (0.42, 0.045, 2.03), leaf),
        ellipsoid((0.35, 0.08, 1.02), (0.035, 0.035, 0.035), METAL),
    ]
    return plan.wall_pose(wall, place, 0).put(parts)


def _frame(
    rng: Generator, plan: FloorPlan, style: Style, window: Window, pose: Pose, kind: str
) -> list[Shape]:
    """Return a window's frame, bars and sill, and often curtains, in the wall's frame."""
    white = plain(WHITE)
    side = (window.high[0] - window.low[0]) / 2
    tall = window.high[1] - window.low[1]
    bars = [
        ((-side - 0.06, -0.02), (-side, tall + 0.06)),
        ((side, -0.02), (side + 0.06, tall + 0.06)),
        ((-side, tall), (side, tall + 0.06)),
        ((-0.025, 0), (0.025, tall)),
        ((-side, tall * 0.62), (side, tall * 0.62 + 0.04)),
    ]
    parts = [box((low[0], 0, low[1]), (high[0], 0.04, high[1]), white) for low, high in bars]
    parts.append(box((-side - 0.1, 0, -0.05), (side + 0.1, 0.16, -0.01), white))
    placed = pose.put(parts)
    if kind != "bathroom" and rng.random() < 0.75:
        top = window.high[1] + 0.12
        drop = min(top - 0.04, tall + (0.35 if rng.random() < 0.5 else 2.0))
        model = int(rng.integers(2**31))
        for sign in (-1, 1):
            cloth = decor.curtain(np.random.default_rng(model), style, side * 0.5 + 0.12, drop)
            shift = pose.beside(sign * (side * 0.85 + 0.06), 0.03, top - drop - pose.z)
            placed += shift.put(cloth)
        rail = cylinder((0, 0, 0), 0.016, 0.01, METAL)
        placed += pose.beside(0, 0.1, top - pose.z).put(_rail(side * 1.3 + 0.1, rail))
    return placed


def _rail(side: float, model: Shape) -> list[Shape]:
    from specbench.data.rooms.shapes import rod

    return [rod((-side, 0, 0.02), (side, 0, 0.02), 0.016, model.materials[0])]


def _ceiling_lamp(rng: Generator, plan: FloorPlan, lamp: np.ndarray) -> list[Shape]:
    """Return the lamp's shade: a globe or a cone that hangs from the ceiling."""
    from dataclasses import replace

    glass = Material("mottle", ((0.97, 0.92, 0.8), (1.0, 0.97, 0.9)), 1.0, glow=0.8)
    base = (lamp[0], lamp[1], lamp[2] - 0.1)
    body = (
        ellipsoid((lamp[0], lamp[1], lamp[2]), (0.16, 0.16, 0.14), glass)
        if rng.random() < 0.5
        else cylinder(base, 0.22, 0.2, glass, top=0.09)
    )
    cord = cylinder((lamp[0], lamp[1], lamp[2]), 0.012, plan.height - lamp[2], METAL)
    return [replace(part, casts=False) for part in (body, cord)]
