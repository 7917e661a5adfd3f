"""Windows and doors: where they go in a wall, their frames and curtains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specbench.data.rooms.furnish import hangings
from specbench.data.rooms.furnish.floorplan import FloorPlan, Pose
from specbench.data.rooms.furnish.style import METAL, WHITE, Style
from specbench.data.rooms.material import plain, shade
from specbench.data.rooms.scene import Window
from specbench.data.rooms.shapes import Piece, box, ellipsoid, rod

Generator = np.random.Generator


class Opening(NamedTuple):
    """A window, the pose of its lower edge's middle, its width and height in metres."""

    window: Window
    pose: Pose
    width: float
    height: float


def cut_windows(rng: Generator, plan: FloorPlan, kind: str, walls: list[int]) -> list[Opening]:
    """Cut a window into each wall and mark its place; bathrooms have small, high ones."""
    return [_cut(rng, plan, wall, kind) for wall in walls]


def _cut(rng: Generator, plan: FloorPlan, wall: int, kind: str) -> Opening:
    small = kind == "bathroom"
    width = float(rng.uniform(0.7, 0.9) if small else rng.uniform(1.0, 1.7))
    low = {"bathroom": 1.35, "kitchen": 1.08}.get(kind, float(rng.uniform(0.86, 1.0)))
    top = min(plan.height - 0.3, low + float(rng.uniform(0.9, 1.3)))
    margin = 0.1 if small or kind == "kitchen" else 0.42
    room = max((plan.wall_length(wall) - width) / 2 - margin - 0.1, 0.0)
    place = float(rng.uniform(-room, room))
    plan.mark(wall, place, width + 2 * margin, low - 0.05, top + 0.2)
    pose = plan.wall_pose(wall, place, 0, low)
    along = pose.x if wall % 2 == 0 else pose.y
    sign = -1 if wall in (0, 3) else 1
    window = Window(1 - wall % 2, sign, (along - width / 2, low), (along + width / 2, top))
    return Opening(window, pose, width, top - low)


def frame(opening: Opening) -> Piece:
    """Return a window's frame, bars and sill."""
    side, tall, white = opening.width / 2, opening.height, plain(WHITE)
    bars = (
        ((-side - 0.06, -0.02), (-side, tall + 0.06)),
        ((side, -0.02), (side + 0.06, tall + 0.06)),
        ((-side, tall), (side, tall + 0.06)),
        ((-0.025, 0), (0.025, tall)),
        ((-side, tall * 0.62), (side, tall * 0.62 + 0.04)),
    )
    parts = [box((low[0], 0, low[1]), (high[0], 0.04, high[1]), white) for low, high in bars]
    parts.append(box((-side - 0.1, 0, -0.05), (side + 0.1, 0.14, -0.01), white))
    return opening.pose.put(parts)


def curtains(rng: Generator, style: Style, opening: Opening) -> Piece:
    """Return a rail with a curtain on either side, to just under the sill."""
    side, top = opening.width / 2, opening.height + 0.12
    model = int(rng.integers(2**31))
    drop = top + 0.12
    parts: Piece = [
        rod((-side - 0.35, 0.1, top + 0.02), (side + 0.35, 0.1, top + 0.02), 0.016, METAL)
    ]
    parts = opening.pose.put(parts)
    for sign in (-1, 1):
        cloth = hangings.curtain(np.random.default_rng(model), style, side * 0.35 + 0.2, drop)
        place = opening.pose.beside(sign * (side * 0.9 + 0.08), 0.05, top - drop)
        parts += place.put(cloth)
    return parts


def hang_door(rng: Generator, plan: FloorPlan, style: Style, wall: int) -> Piece:
    """Return a closed door near an end of a wall, and keep the floor before it free."""
    place = float(rng.choice([-1, 1])) * (plan.wall_length(wall) / 2 - 0.65)
    plan.mark(wall, place, 1.05, 0, 2.15)
    plan.take(plan.wall_pose(wall, place, 0.4), 0.95, 0.8)
    parts = [
        box((-0.49, 0, 0), (0.49, 0.03, 2.09), plain(WHITE)),
        box((-0.42, 0.0, 0.01), (0.42, 0.045, 2.03), style.front(shade(style.wood, 1.1))),
        ellipsoid((0.35, 0.08, 1.02), (0.035, 0.035, 0.035), METAL),
    ]
    return plan.wall_pose(wall, place, 0).put(parts)
