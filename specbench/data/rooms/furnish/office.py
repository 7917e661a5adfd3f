"""An office: a desk with a screen, a swivel chair, walls of books."""

from __future__ import annotations

import math

import numpy as np

from specbench.data.rooms.furnish import appliances, cabinets, decor, furnishing, hangings, seating
from specbench.data.rooms.furnish.floorplan import FloorPlan
from specbench.data.rooms.furnish.style import Style
from specbench.data.rooms.shapes import moved

Generator = np.random.Generator


def furnish_office(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """Put the desk first, then shelves, perhaps a couch."""
    _desk(rng, style, plan)
    furnishing.put_shelf(rng, style, plan, 1.0)
    if rng.random() < 0.5:
        couch = plan.against(rng, 1.75, 0.95, 0.8, front=0.4)
        if couch is not None:
            plan.add(couch, seating.couch(rng, style, 2))
    furnishing.put_shelf(rng, style, plan, 0.8)
    furnishing.put_chair(rng, style, plan, 0.4)
    furnishing.put_plants(rng, plan, 2, 0.7)
    rug = plan.open_floor(rng, 1.2, 0.9, 1.0)
    if rug is not None:
        plan.add(rug, hangings.rug(rng, style, 1.6, 1.2))
    furnishing.hang_things(rng, style, plan, pictures=2, clock=0.7)


def _desk(rng: Generator, style: Style, plan: FloorPlan) -> None:
    desk = plan.against(rng, 1.5, 0.75, 0.8, front=0.8)
    if desk is None:
        return
    plan.add(desk, cabinets.table(rng, style, 1.5, 0.75, 0.74, look=int(rng.integers(2))))
    top = desk.beside(0, 0, 0.74)
    plan.add(top.beside(-0.1, -0.2), appliances.television(float(rng.uniform(0.55, 0.75))))
    plan.add(top.beside(0.55, -0.1), decor.book_stack(rng))
    plan.add(top.beside(-0.6, -0.15), decor.table_lamp(rng, style))
    plan.add(top.beside(0.62, 0.18), decor.bottle(rng))
    place = desk.beside(float(rng.uniform(-0.2, 0.2)), 0.65)
    plan.take(place, 0.6, 0.6)
    yaw = math.pi + float(rng.normal(0, 0.5))
    plan.add(place, moved(seating.office_chair(rng, style), 0, 0, 0, yaw))
