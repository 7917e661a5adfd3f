"""Living rooms, dining rooms and kitchens."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms import appliances, cabinets, decor, seating
from specbench.data.rooms.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish_private import corner_pieces, wall_pieces
from specbench.data.rooms.material import Material, mix, shade
from specbench.data.rooms.shapes import Piece
from specbench.data.rooms.style import WHITE, Style

Generator = np.random.Generator


def furnish_living_room(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """A couch facing a screen over a low table, armchairs, shelves, lamps, plants."""
    seats = int(rng.integers(2, 4))
    width = 0.62 * seats + 0.4
    sofa = plan.against(rng, width, 0.95, 0.8, front=1.2)
    if sofa is not None:
        plan.add(sofa, seating.couch(rng, style, seats))
        plan.add(sofa.beside(0, 1.1), decor.rug(rng, style, width + 0.5, 1.7))
        low_table = sofa.beside(float(rng.uniform(-0.2, 0.2)), 1.15)
        plan.take(low_table, 1.1, 0.6)
        plan.add(low_table, cabinets.table(rng, style, 1.1, 0.6, 0.42))
        dress_table(rng, plan, low_table, 1.0, 0.5, 0.42)
        _screen_wall(rng, style, plan, sofa)
    second = plan.against(rng, 1.64, 0.95, 0.8, front=0.4)
    if second is not None and rng.random() < 0.6:
        plan.add(second, seating.couch(rng, style, 2))
    corner_pieces(rng, style, plan, chair=1.0, plant=0.8, shelf=0.8)
    lamp = plan.against(rng, 0.5, 0.5, 0.8)
    if lamp is not None:
        plan.add(lamp, decor.floor_lamp(rng, style))
    wall_pieces(rng, style, plan, pictures=3, clock=0.5)


def _screen_wall(rng: Generator, style: Style, plan: FloorPlan, sofa: Pose) -> None:
    """Put a television on a sideboard, opposite the couch if there is room."""
    walls = ((sofa.wall + 2) % 4, (sofa.wall + 2) % 4, (sofa.wall + 1) % 4, (sofa.wall + 3) % 4)
    board = plan.against(rng, 1.5, 0.42, 0.85, walls=walls, front=0.3)
    if board is not None:
        plan.add(board, cabinets.chest(style, 1.5, 0.42, 0.5, 3, 1))
        plan.add(board.beside(0, -0.1, 0.5), appliances.television(float(rng.uniform(0.95, 1.25))))
        plan.add(board.beside(0.68, 0, 0.5), decor.vase(rng, 0.3))


def dress_table(
    rng: Generator, plan: FloorPlan, table: Pose, width: float, depth: float, height: float
) -> None:
    """Put two to four of books, vases, bottles and bowls on a table."""
    makers = (decor.book_stack, lambda r: decor.vase(r, 0.32), decor.bottle, decor.bowl)
    count = int(rng.integers(2, 5))
    for place, kind in enumerate(rng.permutation(4)[:count]):
        x = -width / 2 + width * (place + 0.5) / count
        y = float(rng.uniform(-0.3, 0.3)) * depth
        thing: Piece = makers[kind](rng)
        plan.add(table.beside(x, y, height), thing)


def furnish_dining_room(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """A table with chairs around it, a sideboard, a shelf, plants, pictures, a clock."""
    round_table = rng.random() < 0.35
    width = 1.25 if round_table else float(rng.uniform(1.4, 1.9))
    depth = width if round_table else 0.9
    middle = Pose(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.3, 0.3)), 0, 0.0)
    if plan.depth > plan.width:
        middle = Pose(middle.x, middle.y, 0, np.pi / 2)
    plan.take(middle, width + 0.3, depth + 0.9)
    plan.add(middle, decor.rug(rng, style, width + 1.0, depth + 1.1))
    look = 2 if round_table else int(rng.integers(2))
    plan.add(middle, cabinets.table(rng, style, width, depth, 0.75, look=look))
    dress_table(rng, plan, middle, width - 0.3, depth - 0.2, 0.75)
    count = int(rng.integers(3, 7))
    for chair in seating.chairs_around(rng, style, width, depth, count):
        plan.add(middle, chair)
    board = plan.against(rng, 1.6, 0.45, 0.9, front=0.2)
    if board is not None:
        plan.add(board, cabinets.chest(style, 1.6, 0.45, 0.85, 3, 2))
        dress_table(rng, plan, board, 1.4, 0.2, 0.85)
    corner_pieces(rng, style, plan, chair=0.3, plant=0.9, shelf=0.4)
    wall_pieces(rng, style, plan, pictures=3, clock=0.8)


def furnish_kitchen(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """A counter line with stove, sink, fridge and small machines; cupboards; a small table."""
    wall = int(rng.integers(4))
    _counter_line(rng, style, plan, wall)
    second = (wall + int(rng.choice([1, 2, 3]))) % 4
    _side_counter(rng, style, plan, second)
    pose = plan.open_floor(rng, 1.3, 1.3, 0.9)
    if pose is not None:
        size = float(rng.uniform(0.85, 1.1))
        plan.add(pose, cabinets.table(rng, style, size, size - 0.1, 0.75))
        dress_table(rng, plan, pose, size * 0.7, 0.4, 0.75)
        for chair in seating.chairs_around(rng, style, size, size - 0.1, int(rng.integers(2, 4))):
            plan.add(pose, chair)
    corner_pieces(rng, style, plan, chair=0.0, plant=0.6, shelf=0.0)
    wall_pieces(rng, style, plan, pictures=1, clock=0.8)


def _worktop(rng: Generator, style: Style) -> Material:
    base = mix(style.dark_wood, (0.35, 0.35, 0.36), float(rng.random()))
    return Material("marble", (shade(base, 0.7), mix(base, WHITE, 0.35)), 0.9)


def _counter_line(rng: Generator, style: Style, plan: FloorPlan, wall: int) -> None:
    """Fill a wall from left to right with units 0.6 to 1.2 m wide, as far as it reaches."""
    top = _worktop(rng, style)
    units = ["oven", "sink", "counter", "refrigerator"]
    order = [units[i] for i in rng.permutation(4)] + ["counter"]
    widths = {"oven": 0.6, "sink": 0.9, "counter": 0.8, "refrigerator": 0.7}
    left = -plan.wall_length(wall) / 2 + 0.03
    for unit in order:
        width = widths[unit]
        place = left + width / 2
        height = 1.85 if unit == "refrigerator" else 0.85
        pose = plan.wall_pose(wall, place, 0.33)
        blocked = not plan.clear_wall(wall, left, left + width, 0, height)
        if (
            left + width > plan.wall_length(wall) / 2
            or blocked
            or not plan.free(pose, width - 0.04, 0.6)
        ):
            left += 0.2
            continue
        plan.take(pose, width, 0.62)
        plan.mark(wall, place, width, 0, height)
        plan.add(pose, _unit(rng, style, unit, width, top))
        if unit != "refrigerator" and plan.clear_wall(wall, left, left + width, 1.4, 2.1):
            plan.mark(wall, place, width, 1.4, 2.1)
            plan.add(
                plan.wall_pose(wall, place, 0, 1.42), cabinets.wall_cupboard(style, width, 0.65)
            )
        if unit == "counter":
            _machines(rng, plan, pose, width)
        left += width


def _unit(rng: Generator, style: Style, unit: str, width: float, top: Material) -> Piece:
    from specbench.data.rooms.shapes import moved

    if unit == "oven":
        return appliances.oven(rng)
    if unit == "refrigerator":
        return appliances.refrigerator(rng)
    parts = cabinets.counter(style, width, top)
    if unit == "sink":
        parts += moved(appliances.kitchen_sink(), 0, 0, 0.9)
    return parts


def _side_counter(rng: Generator, style: Style, plan: FloorPlan, wall: int) -> None:
    """Add a shorter counter on another wall with the small machines."""
    pose = plan.against(rng, 1.4, 0.64, 0.85, walls=(wall,), front=0.4)
    if pose is not None:
        plan.add(pose, cabinets.counter(style, 1.4, _worktop(rng, style)))
        _machines(rng, plan, pose, 1.4)


def _machines(rng: Generator, plan: FloorPlan, pose: Pose, width: float) -> None:
    """Put a microwave, a toaster, bottles or a bowl on a counter."""
    top = pose.beside(0, -0.02, 0.9)
    makers = [(appliances.microwave, 0.56), (appliances.toaster, 0.38), (decor.bottle, 0.14),
              (decor.bowl, 0.34), (decor.bottle, 0.14)]  # fmt: skip
    left = -width / 2 + 0.04
    for kind in rng.permutation(len(makers)):
        make, room = makers[kind]
        if left + room > width / 2:
            continue
        yaw = float(rng.normal(0, 0.1))
        from specbench.data.rooms.shapes import moved

        plan.add(
            top.beside(left + room / 2, float(rng.uniform(-0.08, 0.08))),
            moved(make(rng), 0, 0, 0, yaw),
        )
        left += room
