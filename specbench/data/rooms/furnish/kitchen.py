"""A kitchen: lines of units with stove, sink and fridge, small machines, a small table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from specbench.data.rooms.furnish import appliances, cabinets, decor, furnishing
from specbench.data.rooms.furnish.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish.style import WHITE, Style
from specbench.data.rooms.material import Material, mix, shade
from specbench.data.rooms.shapes import Piece, moved

Generator = np.random.Generator

UNITS = {"oven": (0.62, 0.85), "sink": (0.9, 0.85), "counter": (0.8, 0.85), "fridge": (0.7, 1.85)}
"""Width and height in metres of what stands in a line."""

MACHINES: tuple[tuple[Callable[[Generator], Piece], float], ...] = (
    (appliances.microwave, 0.58),
    (appliances.toaster, 0.38),
    (decor.bottle, 0.14),
    (decor.bowl, 0.34),
    (decor.bottle, 0.14),
)
"""What stands on a counter and the width it needs."""


def furnish_kitchen(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """Line two walls with units, the barest wall first; the rest gets a table."""
    top = _worktop(rng, style)
    barest = sorted(range(4), key=lambda wall: len(plan.marks[wall]))
    first = [str(unit) for unit in rng.permutation(["oven", "sink", "counter"])]
    first.insert(int(rng.choice([0, 3])), "fridge")
    _line(rng, style, plan, barest[0], [*first, "counter"], top)
    second = ["counter", "oven"] if rng.random() < 0.4 else ["counter", "counter"]
    _line(rng, style, plan, barest[1], second, top)
    pose = plan.open_floor(rng, 1.3, 1.3, 0.9)
    if pose is not None:
        size = float(rng.uniform(0.85, 1.1))
        plan.add(pose, cabinets.table(rng, style, size, size - 0.1, 0.75))
        furnishing.dress_table(rng, plan, pose, (size * 0.7, 0.4), 0.75)
        chairs = int(rng.integers(2, 4))
        furnishing.seat_chairs(rng, style, plan, pose, (size, size - 0.1), chairs)
    furnishing.put_plants(rng, plan, 1, 0.6)
    furnishing.hang_things(rng, style, plan, pictures=1, clock=0.8)


def _worktop(rng: Generator, style: Style) -> Material:
    base = mix(style.dark_wood, (0.35, 0.35, 0.36), float(rng.random()))
    return Material("marble", (shade(base, 0.7), mix(base, WHITE, 0.35)), 0.9)


def _line(
    rng: Generator, style: Style, plan: FloorPlan, wall: int, units: list[str], top: Material
) -> None:
    """Set units along a wall from its left end, past what is in the way, as far as it reaches."""
    end = plan.wall_length(wall) / 2
    left = 0.02 - end
    for unit in units:
        width, height = UNITS[unit]
        while left + width <= end and not _fits(plan, wall, left, width, height):
            left += 0.1
        if left + width > end:
            left = 0.02 - end
            continue
        place = left + width / 2
        pose = plan.wall_pose(wall, place, 0.33)
        plan.take(pose, width, 0.62)
        plan.mark(wall, place, width, 0, height)
        plan.add(pose, _unit(rng, style, unit, width, top))
        if unit == "counter":
            _machines(rng, plan, pose, width)
        if unit != "fridge" and plan.clear_wall(wall, left, left + width, 1.4, 2.1):
            plan.mark(wall, place, width, 1.4, 2.1)
            cupboard = cabinets.wall_cupboard(style, width, 0.65)
            plan.add(plan.wall_pose(wall, place, 0, 1.42), cupboard)
        left += width


def _fits(plan: FloorPlan, wall: int, left: float, width: float, height: float) -> bool:
    pose = plan.wall_pose(wall, left + width / 2, 0.33)
    clear = plan.clear_wall(wall, left + 0.01, left + width - 0.01, 0, height)
    return clear and plan.free(pose, width - 0.07, 0.6)


def _unit(rng: Generator, style: Style, unit: str, width: float, top: Material) -> Piece:
    if unit == "oven":
        return appliances.oven(rng)
    if unit == "fridge":
        return appliances.refrigerator(rng)
    parts = cabinets.counter(style, width, top)
    return parts + moved(appliances.kitchen_sink(), 0, 0, 0.9) if unit == "sink" else parts


def _machines(rng: Generator, plan: FloorPlan, pose: Pose, width: float) -> None:
    """Fill a counter's top with small machines, bottles or a bowl."""
    left = 0.02 - width / 2
    for kind in rng.permutation(len(MACHINES)):
        make, room = MACHINES[kind]
        if left + room > width / 2:
            continue
        spot = pose.beside(left + room / 2, float(rng.uniform(-0.1, 0.04)), 0.9)
        plan.add(spot, moved(make(rng), 0, 0, 0, float(rng.normal(0, 0.1))))
        left += room
