"""A living room: a couch that faces a television over a low table."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.furnish import appliances, cabinets, decor, furnishing, hangings, seating
from specbench.data.rooms.furnish.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish.style import Style

Generator = np.random.Generator


def furnish_living_room(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """Put the couch and what belongs to it first, then chairs, shelves, lamps, plants."""
    seats = int(rng.integers(2, 4))
    width = seating.couch_width(seats)
    couch = plan.against(rng, width, 0.95, 0.8, front=1.2)
    if couch is not None:
        plan.add(couch, seating.couch(rng, style, seats))
        plan.add(couch.beside(0, 1.1), hangings.rug(rng, style, width + 0.5, 1.7))
        table = couch.beside(float(rng.uniform(-0.2, 0.2)), 1.15)
        plan.take(table, 1.1, 0.6)
        plan.add(table, cabinets.table(rng, style, 1.1, 0.6, 0.42))
        furnishing.dress_table(rng, plan, table, (1.0, 0.5), 0.42)
        _television(rng, style, plan, couch)
    if rng.random() < 0.7:
        second = plan.against(rng, seating.couch_width(2), 0.95, 0.8, front=0.4)
        if second is not None:
            plan.add(second, seating.couch(rng, style, 2))
    furnishing.put_chair(rng, style, plan, 0.9)
    furnishing.put_shelf(rng, style, plan, 0.8)
    lamp = plan.against(rng, 0.5, 0.5, 0.8)
    if lamp is not None:
        plan.add(lamp, decor.floor_lamp(rng, style))
    furnishing.put_plants(rng, plan, 2, 0.8)
    furnishing.hang_things(rng, style, plan, pictures=3, clock=0.5)


def _television(rng: Generator, style: Style, plan: FloorPlan, couch: Pose) -> None:
    """Put a television on a sideboard, opposite the couch if there is room."""
    ahead, right, left = ((couch.wall + turn) % 4 for turn in (2, 1, 3))
    board = plan.against(rng, 1.5, 0.42, 0.85, walls=(ahead, ahead, right, left), front=0.3)
    if board is not None:
        plan.add(board, cabinets.chest(style, 1.5, 0.42, 0.5, 3, 1))
        plan.add(board.beside(0, -0.1, 0.5), appliances.television(float(rng.uniform(0.95, 1.25))))
        plan.add(board.beside(0.68, 0, 0.5), decor.vase(rng, 0.3))
