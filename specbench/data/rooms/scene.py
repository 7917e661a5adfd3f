"""A room ready for rays: its solids as arrays, its windows, its lamp."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.material import Material
from specbench.data.rooms.shapes import Kind, Shape, Vector

SEMANTIC = (
    "background", "bottle", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase",
)  # fmt: skip
"""The semantic classes in file order: class c is stored as level c + 1, 0 is uncertain."""


@dataclass(frozen=True)
class Window:
    """A hole in a wall: ``axis`` 0 or 1 and ``sign`` name the wall, the rest its rectangle.

    ``low`` and ``high`` are the corners (along the wall, up) in metres.
    """

    axis: int
    sign: int
    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(frozen=True)
class Room:
    """What the layout decides: a type, a size, the furniture, the windows, the lamp."""

    kind: str
    size: Vector
    shapes: tuple[Shape, ...]
    windows: tuple[Window, ...]
    lamp: Vector
    lamp_colour: tuple[float, float, float] = (1.0, 0.95, 0.86)
    lamp_power: float = 1.0
    daylight: float = 1.0
    sky: float = 0.0


@dataclass(frozen=True)
class Scene:
    """The solids of a room as arrays over S shapes, and its materials as a list.

    kind (S,), centre and half (S, 3), axes (S, 3, 3) with local axes as rows, taper (S,), label
    (S,) class index, faces (S, 6) material index, casts (S,).
    """

    room: Room
    kind: NDArray[np.int8]
    centre: NDArray[np.float32]
    half: NDArray[np.float32]
    axes: NDArray[np.float32]
    taper: NDArray[np.float32]
    label: NDArray[np.uint8]
    faces: NDArray[np.int16]
    casts: NDArray[np.bool_]
    materials: tuple[Material, ...] = field(default_factory=tuple)

    def __len__(self) -> int:
        """Return the number of shapes."""
        return len(self.kind)


def compile_scene(room: Room) -> Scene:
    """Return the arrays of ``room``."""
    shapes = room.shapes
    index: dict[Material, int] = {}
    faces = [_face_materials(shape.materials, index) for shape in shapes]
    return Scene(
        room=room,
        kind=np.array([shape.kind for shape in shapes], np.int8),
        centre=_stack(shape.centre for shape in shapes),
        half=_stack(shape.half for shape in shapes),
        axes=_stack(shape.axes for shape in shapes),
        taper=np.array([shape.taper for shape in shapes], np.float32),
        label=np.array([SEMANTIC.index(shape.label) for shape in shapes], np.uint8),
        faces=np.array(faces, np.int16),
        casts=np.array([shape.casts and shape.kind != Kind.SHELL for shape in shapes]),
        materials=tuple(index),
    )


def _stack(rows: Iterable[Vector]) -> NDArray[np.float32]:
    return np.stack(list(rows)).astype(np.float32)


def _face_materials(materials: tuple[Material, ...], index: dict[Material, int]) -> list[int]:
    numbers = [index.setdefault(material, len(index)) for material in materials]
    return numbers if len(numbers) == 6 else numbers[:1] * 6
