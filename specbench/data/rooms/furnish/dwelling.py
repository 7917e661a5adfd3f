"""A furnished room from nothing: size, shell, windows, door, furniture, lamp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from specbench.data.rooms.furnish import openings
from specbench.data.rooms.furnish.bathroom import furnish_bathroom
from specbench.data.rooms.furnish.bedroom import furnish_bedroom
from specbench.data.rooms.furnish.dining_room import furnish_dining_room
from specbench.data.rooms.furnish.floorplan import FloorPlan
from specbench.data.rooms.furnish.kitchen import furnish_kitchen
from specbench.data.rooms.furnish.living_room import furnish_living_room
from specbench.data.rooms.furnish.office import furnish_office
from specbench.data.rooms.furnish.style import METAL, WHITE, Style, room_surfaces
from specbench.data.rooms.material import Material, plain, shade
from specbench.data.rooms.scene import Room
from specbench.data.rooms.shapes import Kind, Piece, Shape, Vector, box, cylinder, ellipsoid

Generator = np.random.Generator

SIZES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "bathroom": ((2.3, 3.3), (2.5, 3.6)),
    "bedroom": ((3.3, 4.6), (3.3, 4.6)),
    "dining_room": ((3.5, 4.8), (3.6, 5.2)),
    "kitchen": ((3.2, 4.4), (3.2, 4.6)),
    "living_room": ((4.0, 5.8), (4.0, 6.4)),
    "office": ((3.0, 4.4), (3.0, 4.4)),
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
    shell = _shell(rng, plan, room_surfaces(style, kind, rng))
    walls = [int(wall) for wall in rng.permutation(4)]
    count = 1 if kind in ("bathroom", "kitchen") else int(rng.integers(1, 3))
    cut = openings.cut_windows(rng, plan, kind, walls[:count])
    plan.shapes += openings.hang_door(rng, plan, style, walls[3])
    FURNISH[kind](rng, style, plan)
    for opening in cut:
        plan.shapes += openings.frame(opening)
        if kind not in ("bathroom", "kitchen") and rng.random() < 0.8:
            plan.shapes += openings.curtains(rng, style, opening)
    lamp = np.array([rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3), plan.height - 0.35])
    shapes = [shell, *_skirting(plan), *plan.shapes, *_ceiling_lamp(rng, plan, lamp)]
    return Room(
        kind,
        np.array([plan.width, plan.depth, plan.height]),
        tuple(shapes),
        tuple(opening.window for opening in cut),
        lamp,
        lamp_power=float(rng.uniform(0.75, 1.15)),
        daylight=float(rng.uniform(0.6, 1.3)),
        sky=float(rng.random()),
    )


def _shell(
    rng: Generator, plan: FloorPlan, surfaces: tuple[Material, Material, Material, Material]
) -> Shape:
    """Return the room's box: three plain walls and a feature wall, floor and ceiling."""
    wall, feature, floor, ceiling = surfaces
    walls = [wall] * 4
    walls[int(rng.integers(4))] = feature
    half = np.array([plan.width, plan.depth, plan.height]) / 2
    centre = np.array([0, 0, half[2]])
    return Shape(Kind.SHELL, centre, half, (*walls, floor, ceiling), casts=False)


def _skirting(plan: FloorPlan) -> Piece:
    white = plain(shade(WHITE, 0.97))
    shapes: Piece = []
    for wall in range(4):
        half = plan.wall_length(wall) / 2
        shapes += plan.wall_pose(wall, 0, 0).put([box((-half, 0, 0), (half, 0.015, 0.09), white)])
    return shapes


def _ceiling_lamp(rng: Generator, plan: FloorPlan, lamp: Vector) -> Piece:
    """Return the lamp's shade, a globe or a cone, and its cord; neither throws a shadow."""
    glass = Material("mottle", ((0.97, 0.92, 0.8), (1.0, 0.97, 0.9)), 1.0, glow=0.8)
    x, y, z = (float(part) for part in lamp)
    globe = ellipsoid((x, y, z), (0.16, 0.16, 0.14), glass)
    cone = cylinder((x, y, z - 0.1), 0.22, 0.2, glass, top=0.09)
    cord = cylinder((x, y, z), 0.012, plan.height - z, METAL)
    body = globe if rng.random() < 0.5 else cone
    return [replace(part, casts=False) for part in (body, cord)]
