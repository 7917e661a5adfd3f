"""Names beside points, moved until they lie on no other name or point."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

_SIZE = 9.5  # points; a letter is about 0.62 of it wide
_PLACES = (
    (8, 4, "left"),
    (8, -11, "left"),
    (-8, 4, "right"),
    (-8, -11, "right"),
    (0, 10, "center"),
    (0, -17, "center"),
    (8, 15, "left"),
    (8, -22, "left"),
    (-8, 15, "right"),
    (-8, -22, "right"),
)

Box = tuple[float, float, float, float]


def name_points(axes: Axes, points: Sequence[tuple[str, float, float]]) -> None:
    """Write each name beside its (x, y); limits and scales must be set already."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    scale = 72 / axes.figure.dpi
    spots = [tuple(scale * axes.transData.transform((x, y))) for _, x, y in points]
    taken: list[Box] = [(x - 5, y - 5, x + 5, y + 5) for x, y in spots]
    for (name, x, y), spot in zip(points, spots, strict=True):
        boxes = [_box(name, spot, place) for place in _PLACES]
        crowd = [sum(_meet(box, other) for other in taken) for box in boxes]
        best = crowd.index(min(crowd))
        taken.append(boxes[best])
        right, up, side = _PLACES[best]
        axes.annotate(
            name, (x, y), (right, up), textcoords="offset points", ha=side, fontsize=_SIZE
        )


def _box(name: str, spot: tuple[float, ...], place: tuple[int, int, str]) -> Box:
    width = 0.62 * _SIZE * len(name)
    shift = {"left": 0.0, "right": -width, "center": -width / 2}[place[2]]
    left, low = spot[0] + place[0] + shift, spot[1] + place[1] - 1
    return (left, low, left + width, low + _SIZE)


def _meet(one: Box, other: Box) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]
