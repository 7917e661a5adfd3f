"""A bathroom: tub, toilet, basins with mirrors, a water heater."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.furnish import appliances, decor, furnishing, hangings
from specbench.data.rooms.furnish.floorplan import FloorPlan
from specbench.data.rooms.furnish.style import Style

Generator = np.random.Generator


def furnish_bathroom(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """Put the toilet first, since every bathroom has one."""
    toilet = plan.against(rng, 0.6, 0.75, 1.0, front=0.35)
    if toilet is not None:
        plan.add(toilet, appliances.toilet())
    _basin(rng, plan)
    _tub(rng, plan)
    if rng.random() < 0.4:
        _basin(rng, plan)
    if rng.random() < 0.5:
        heater = plan.hang(rng, 0.55, 0.9, 2.3)
        if heater is not None:
            plan.add(heater.beside(0, 0, -0.2), appliances.boiler())
    rug = plan.open_floor(rng, 0.9, 0.6, 0.7)
    if rug is not None:
        plan.add(rug, hangings.rug(rng, style, 0.9, 0.6))
    furnishing.put_plants(rng, plan, 1, 0.6)
    furnishing.hang_things(rng, style, plan, pictures=0, clock=0.3)


def _tub(rng: Generator, plan: FloorPlan) -> None:
    length = float(rng.uniform(1.5, 1.75))
    tub = plan.against(rng, length, 0.78, 0.6)
    if tub is None:
        return
    plan.add(tub, appliances.bathtub(rng, length))
    plan.add(tub.beside(length * 0.35, -0.39), appliances.shower_pipe())
    for _ in range(int(rng.integers(1, 4))):
        plan.add(tub.beside(float(rng.uniform(-0.6, 0.4)), 0.34, 0.56), decor.bottle(rng))


def _basin(rng: Generator, plan: FloorPlan) -> None:
    """Put a basin with a mirror above, a bottle and sometimes a vase on its rim."""
    pose = plan.against(rng, 0.7, 0.5, 1.85, front=0.35)
    if pose is None:
        return
    plan.add(pose, appliances.wash_basin(rng))
    plan.add(pose.beside(0, -0.26, 1.45), hangings.mirror(0.6, 0.75))
    plan.add(pose.beside(-0.2, -0.19, 0.855), decor.bottle(rng))
    if rng.random() < 0.5:
        plan.add(pose.beside(0.19, -0.19, 0.855), decor.vase(rng, 0.2))
