"""What every room type draws on: corners, walls and table tops that are filled at random."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from specbench.data.rooms.furnish import cabinets, decor, hangings, seating
from specbench.data.rooms.furnish.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish.style import Style
from specbench.data.rooms.shapes import Piece, moved

Generator = np.random.Generator

TABLE_THINGS: tuple[Callable[[Generator], Piece], ...] = (
    decor.book_stack,
    lambda rng: decor.vase(rng, 0.32),
    decor.bottle,
    decor.bowl,
)
"""What may stand on a table."""


def put_plants(rng: Generator, plan: FloorPlan, most: int, chance: float) -> None:
    """Put up to ``most`` potted plants along the walls."""
    for _ in range(most):
        if rng.random() < chance:
            pose = plan.against(rng, 0.6, 0.6, 0.8)
            if pose is not None:
                plan.add(pose, decor.plant(rng, float(rng.uniform(0.8, 1.4))))


def put_shelf(rng: Generator, style: Style, plan: FloorPlan, chance: float) -> None:
    """Put a bookshelf against a wall, a vase on top."""
    if rng.random() >= chance:
        return
    width, height = float(rng.uniform(0.9, 1.6)), float(rng.uniform(1.2, 2.0))
    pose = plan.against(rng, width, 0.34, height, front=0.3)
    if pose is not None:
        plan.add(pose, cabinets.bookshelf(rng, style, width, height))
        plan.add(pose.beside(0.2, 0, height), decor.vase(rng, 0.3))


def put_chair(rng: Generator, style: Style, plan: FloorPlan, chance: float) -> None:
    """Put a chair against a wall: an easy one or a wooden one."""
    if rng.random() >= chance:
        return
    pose = plan.against(rng, 0.85, 0.9, 0.8, front=0.2)
    if pose is not None:
        make = seating.armchair if rng.random() < 0.6 else seating.dining_chair
        plan.add(pose, make(rng, style))


def hang_things(rng: Generator, style: Style, plan: FloorPlan, pictures: int, clock: float) -> None:
    """Hang pictures and, with the probability ``clock``, a clock."""
    if rng.random() < clock:
        radius = float(rng.uniform(0.16, 0.24))
        pose = plan.hang(rng, 2 * radius + 0.1, 1.5, 1.5 + 2 * radius)
        if pose is not None:
            plan.add(pose, hangings.wall_clock(rng, radius))
    for _ in range(pictures):
        width, height = float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.4, 0.7))
        pose = plan.hang(rng, width + 0.1, 1.25, 1.25 + height)
        if pose is not None:
            plan.add(pose, hangings.picture(rng, style, width, height))


def dress_table(
    rng: Generator, plan: FloorPlan, table: Pose, size: tuple[float, float], height: float
) -> None:
    """Put two to four of books, a vase, a bottle and a bowl on a top of ``size`` metres."""
    count = int(rng.integers(2, 5))
    for place, kind in enumerate(rng.permutation(len(TABLE_THINGS))[:count]):
        x = -size[0] / 2 + size[0] * (place + 0.5) / count
        y = float(rng.uniform(-0.3, 0.3)) * size[1]
        plan.add(table.beside(x, y, height), TABLE_THINGS[kind](rng))


def seat_chairs(
    rng: Generator,
    style: Style,
    plan: FloorPlan,
    table: Pose,
    size: tuple[float, float],
    count: int,
) -> None:
    """Push up to ``count`` chairs of one make under both long sides of a table, a little askew."""
    per_side = max(1, int(size[0] / 0.65))
    spots = [(place, side) for place in range(per_side) for side in (-1, 1)]
    model = int(rng.integers(2**31))
    for place, side in (spots[number] for number in rng.permutation(len(spots))[:count]):
        x = -size[0] / 2 + size[0] * (place + 0.5) / per_side
        y = side * (size[1] / 2 + float(rng.uniform(0.05, 0.3)))
        yaw = (math.pi if side > 0 else 0.0) + float(rng.normal(0, 0.12))
        chair = seating.dining_chair(np.random.default_rng(model), style)
        spot = table.beside(x, y)
        if plan.inside(spot, 0.5, 0.5):
            plan.add(spot, moved(chair, 0, 0, 0, yaw))
