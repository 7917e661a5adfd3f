"""A dining room: a laid table with chairs around it, a sideboard."""

from __future__ import annotations

import math

import numpy as np

from specbench.data.rooms.furnish import cabinets, furnishing, hangings
from specbench.data.rooms.furnish.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish.style import Style

Generator = np.random.Generator


def furnish_dining_room(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """Put the table in the middle, along the longer side of the room."""
    turned = math.pi / 2 if plan.depth > plan.width else 0.0
    middle = Pose(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.3, 0.3)), 0, turned)
    _laid_table(rng, style, plan, middle)
    board = plan.against(rng, 1.6, 0.45, 0.9, front=0.2)
    if board is not None:
        plan.add(board, cabinets.chest(style, 1.6, 0.45, 0.85, 3, 2))
        furnishing.dress_table(rng, plan, board, (1.4, 0.2), 0.85)
    furnishing.put_shelf(rng, style, plan, 0.4)
    furnishing.put_chair(rng, style, plan, 0.3)
    furnishing.put_plants(rng, plan, 2, 0.9)
    furnishing.hang_things(rng, style, plan, pictures=3, clock=0.8)


def _laid_table(rng: Generator, style: Style, plan: FloorPlan, middle: Pose) -> None:
    is_round = rng.random() < 0.35
    width = 1.25 if is_round else float(rng.uniform(1.4, 1.9))
    depth = width if is_round else 0.9
    plan.take(middle, width + 0.3, depth + 0.9)
    plan.add(middle, hangings.rug(rng, style, width + 1.0, depth + 1.1))
    look = 2 if is_round else int(rng.integers(2))
    plan.add(middle, cabinets.table(rng, style, width, depth, 0.75, look=look))
    furnishing.dress_table(rng, plan, middle, (width - 0.3, depth - 0.2), 0.75)
    furnishing.seat_chairs(rng, style, plan, middle, (width, depth), int(rng.integers(4, 7)))
