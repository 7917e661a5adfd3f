"""Bedrooms, bathrooms and offices."""

from __future__ import annotations

import numpy as np

from specbench.data.rooms import appliances, cabinets, decor, seating
from specbench.data.rooms.floorplan import FloorPlan
from specbench.data.rooms.style import Style

Generator = np.random.Generator


def furnish_bedroom(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """A bed with night stands, a wardrobe, a chest with a screen or books, a chair, a plant."""
    width = float(rng.choice([1.0, 1.5, 1.8]))
    bed = plan.against(rng, width + 0.1, 2.1, 0.8, front=0.5)
    if bed is not None:
        plan.add(bed, seating.bed(rng, style, width))
        plan.add(bed.beside(0, 0.5), decor.rug(rng, style, width + 1.1, 1.5))
        for side in (-1, 1):
            stand = bed.beside(side * (width / 2 + 0.32), -0.8)
            if plan.free(stand, 0.44, 0.4):
                plan.take(stand, 0.44, 0.4)
                plan.add(stand, cabinets.chest(style, 0.44, 0.4, 0.5, 1, 2))
                on_night_stand(rng, style, plan, stand.beside(0, 0, 0.5))
        above = bed.beside(0, -1.05, 1.65)
        if plan.clear_wall(bed.wall, -9, 9, 1.3, 2.0):
            plan.add(above, decor.picture(rng, style, float(rng.uniform(0.7, 1.1)), 0.55))
    _wardrobe(rng, style, plan)
    chest = plan.against(rng, 1.1, 0.45, 0.8, front=0.4)
    if chest is not None:
        plan.add(chest, cabinets.chest(style, 1.1, 0.45, 0.8, 2, 3))
        plan.add(
            chest.beside(-0.1, -0.08, 0.8), appliances.television(float(rng.uniform(0.7, 0.95)))
        )
        plan.add(chest.beside(0.44, 0, 0.8), decor.vase(rng, 0.28))
    corner_pieces(rng, style, plan, chair=0.7, plant=0.7, shelf=0.3)
    wall_pieces(rng, style, plan, pictures=1, clock=0.5)


def on_night_stand(rng: Generator, style: Style, plan: FloorPlan, top: object) -> None:
    """Put a lamp and a clock, a book or a bottle on a small stand."""
    from specbench.data.rooms.floorplan import Pose

    assert isinstance(top, Pose)
    plan.add(top.beside(-0.08, -0.06), decor.table_lamp(rng, style))
    thing = rng.integers(3)
    place = top.beside(0.12, 0.08)
    if thing == 0:
        plan.add(place, decor.alarm_clock(rng))
    elif thing == 1:
        plan.add(place.beside(-0.06, 0), decor.book_stack(rng))
    else:
        plan.add(place, decor.bottle(rng))


def _wardrobe(rng: Generator, style: Style, plan: FloorPlan) -> None:
    width = float(rng.uniform(1.0, 1.8))
    pose = plan.against(rng, width, 0.6, 2.0, front=0.4)
    if pose is not None:
        plan.add(pose, cabinets.wardrobe(style, width, float(rng.uniform(1.9, 2.15))))


def corner_pieces(
    rng: Generator, style: Style, plan: FloorPlan, chair: float, plant: float, shelf: float
) -> None:
    """Add a chair, plants and a bookshelf along the walls, each with its probability."""
    if rng.random() < shelf:
        width, height = float(rng.uniform(0.8, 1.4)), float(rng.uniform(1.2, 2.0))
        pose = plan.against(rng, width, 0.34, height, front=0.3)
        if pose is not None:
            plan.add(pose, cabinets.bookshelf(rng, style, width, height))
            plan.add(pose.beside(0.2, 0, height), decor.vase(rng, 0.3))
    if rng.random() < chair:
        pose = plan.against(rng, 0.85, 0.9, 0.8, front=0.2)
        if pose is not None:
            easy = (
                seating.armchair(rng, style)
                if rng.random() < 0.5
                else seating.dining_chair(rng, style)
            )
            plan.add(pose, easy)
    for _ in range(2):
        if rng.random() < plant:
            pose = plan.against(rng, 0.6, 0.6, 0.8)
            if pose is not None:
                plan.add(pose, decor.plant(rng, float(rng.uniform(0.8, 1.4))))


def wall_pieces(rng: Generator, style: Style, plan: FloorPlan, pictures: int, clock: float) -> None:
    """Hang pictures and perhaps a clock."""
    if rng.random() < clock:
        radius = float(rng.uniform(0.16, 0.24))
        pose = plan.hang(rng, 2 * radius + 0.1, 1.5, 1.5 + 2 * radius)
        if pose is not None:
            plan.add(pose, decor.wall_clock(rng, radius))
    for _ in range(pictures):
        width, height = float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.4, 0.7))
        pose = plan.hang(rng, width + 0.1, 1.25, 1.25 + height)
        if pose is not None:
            plan.add(pose, decor.picture(rng, style, width, height))


def furnish_bathroom(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """A tub, a toilet, a basin with a mirror, a heater, a plant, bottles."""
    length = float(rng.uniform(1.5, 1.75))
    tub = plan.against(rng, length, 0.78, 0.6)
    if tub is not None:
        plan.add(tub, appliances.bathtub(rng, length))
        plan.add(tub.beside(length * 0.35, -0.39), appliances.shower_pipe())
        for _ in range(int(rng.integers(1, 4))):
            plan.add(tub.beside(float(rng.uniform(-0.6, 0.4)), 0.34, 0.56), decor.bottle(rng))
    toilet = plan.against(rng, 0.6, 0.75, 1.0, front=0.35)
    if toilet is not None:
        plan.add(toilet, appliances.toilet())
    for _ in range(int(rng.integers(1, 3))):
        basin = plan.against(rng, 0.7, 0.5, 1.7, front=0.35)
        if basin is not None:
            plan.add(basin, appliances.wash_basin(rng))
            plan.add(basin.beside(0, -0.26, 1.45), decor.mirror(0.6, 0.75))
            plan.add(basin.beside(-0.22, -0.17, 0.855), decor.bottle(rng))
            if rng.random() < 0.5:
                plan.add(basin.beside(0.22, -0.17, 0.855), decor.vase(rng, 0.22))
    if rng.random() < 0.5:
        heater = plan.hang(rng, 0.55, 1.35, 2.3)
        if heater is not None:
            plan.add(heater.beside(0, 0, -0.45), appliances.boiler())
    rug = plan.open_floor(rng, 0.9, 0.6, 0.7)
    if rug is not None:
        plan.add(rug, decor.rug(rng, style, 0.9, 0.6))
    corner_pieces(rng, style, plan, chair=0.0, plant=0.5, shelf=0.0)
    wall_pieces(rng, style, plan, pictures=0, clock=0.3)


def furnish_office(rng: Generator, style: Style, plan: FloorPlan) -> None:
    """A desk with a screen and books, a swivel chair, bookshelves, a plant, a clock."""
    desk = plan.against(rng, 1.5, 0.75, 0.8, front=0.8)
    if desk is not None:
        plan.add(desk, cabinets.table(rng, style, 1.5, 0.75, 0.74, look=int(rng.integers(2))))
        top = desk.beside(0, 0, 0.74)
        plan.add(top.beside(-0.1, -0.2), appliances.television(float(rng.uniform(0.55, 0.75))))
        plan.add(top.beside(0.55, -0.1), decor.book_stack(rng))
        plan.add(top.beside(-0.6, -0.15), decor.table_lamp(rng, style))
        plan.add(top.beside(0.62, 0.18), decor.bottle(rng))
        chair = desk.beside(float(rng.uniform(-0.2, 0.2)), 0.65)
        plan.take(chair, 0.6, 0.6)
        turned = seating.office_chair(rng, style)
        from specbench.data.rooms.shapes import moved

        plan.add(chair, moved(turned, 0, 0, 0, float(np.pi + rng.normal(0, 0.5))))
    if rng.random() < 0.6:
        couch = plan.against(rng, 1.75, 0.95, 0.8, front=0.4)
        if couch is not None:
            plan.add(couch, seating.couch(rng, style, 2))
    corner_pieces(rng, style, plan, chair=0.3, plant=0.7, shelf=1.0)
    corner_pieces(rng, style, plan, chair=0.0, plant=0.0, shelf=0.7)
    rug = plan.open_floor(rng, 1.2, 0.9, 1.0)
    if rug is not None:
        plan.add(rug, decor.rug(rng, style, 1.6, 1.2))
    wall_pieces(rng, style, plan, pictures=2, clock=0.7)
