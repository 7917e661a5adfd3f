"""A bedroom: bed and night stands, wardrobe, a chest with a television."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms.furnish import appliances, cabinets, decor, furnishing, hangings, seating
from specbench.data.rooms.furnish.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish.style import Style

Generator = np.random.Generator


def furnish_bedroom(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """Put the bed first; what no longer fits is left out."""
    width = float(rng.choice([1.0, 1.5, 1.8]))
    bed = plan.against(rng, width + 0.1, 2.1, 0.8, front=0.5)
    if bed is not None:
        plan.add(bed, seating.bed(rng, style, width))
        plan.add(bed.beside(0, 0.5), hangings.rug(rng, style, width + 1.1, 1.5))
        _night_stands(rng, style, plan, bed, width)
    wide = float(rng.uniform(1.0, 1.8))
    closet = plan.against(rng, wide, 0.6, 2.0, front=0.4)
    if closet is not None:
        plan.add(closet, cabinets.wardrobe(style, wide, float(rng.uniform(1.9, 2.15))))
    _chest(rng, style, plan)
    furnishing.put_shelf(rng, style, plan, 0.3)
    furnishing.put_chair(rng, style, plan, 0.7)
    furnishing.put_plants(rng, plan, 2, 0.6)
    furnishing.hang_things(rng, style, plan, pictures=2, clock=0.5)


def _night_stands(rng: Generator, style: Style, plan: FloorPlan, bed: Pose, width: float) -> None:
    for side in (-1, 1):
        stand = bed.beside(side * (width / 2 + 0.32), -0.8)
        if plan.free(stand, 0.44, 0.4):
            plan.take(stand, 0.44, 0.4)
            plan.add(stand, cabinets.chest(style, 0.44, 0.4, 0.5, 1, 2))
            _on_stand(rng, style, plan, stand.beside(0, 0, 0.5))


def _on_stand(rng: Generator, style: Style, plan: FloorPlan, top: Pose) -> None:
    """Put a lamp on a night stand, and a clock, books or a bottle."""
    plan.add(top.beside(-0.08, -0.06), decor.table_lamp(rng, style))
    make = (hangings.alarm_clock, decor.book_stack, decor.bottle)[rng.integers(3)]
    plan.add(top.beside(0.1, 0.08), make(rng))


def _chest(rng: Generator, style: Style, plan: FloorPlan) -> None:
    pose = plan.against(rng, 1.1, 0.45, 0.8, front=0.4)
    if pose is not None:
        plan.add(pose, cabinets.chest(style, 1.1, 0.45, 0.8, 2, 3))
        screen = appliances.television(float(rng.uniform(0.7, 0.95)))
        plan.add(pose.beside(-0.1, -0.08, 0.8), screen)
        plan.add(pose.beside(0.44, 0, 0.8), decor.vase(rng, 0.28))
