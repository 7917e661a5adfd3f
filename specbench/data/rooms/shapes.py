"""The solids that furniture is made of, and how pieces are moved in a room.

World and furniture coordinates are metres, right-handed, z up. A piece of furniture stands on
z = 0 around its origin and its front looks along +y.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.material import Material

Vector = NDArray[np.float64]


class Kind(IntEnum):
    """The solids that a ray can be cast at."""

    BOX = 0
    ELLIPSOID = 1
    CYLINDER = 2
    SHELL = 3
    """A box seen from inside: the room itself."""


@dataclass(frozen=True)
class Shape:
    """A solid: ``half`` extents along the rows of ``axes`` (3, 3) around ``centre``.

    A CYLINDER stands along its third axis; its radius is half[0] * (1 + taper * z / half[2]), so
    a taper makes it a cone's frustum. ``materials`` holds one material, or six for the faces
    -x, +x, -y, +y, -z, +z of a box. ``casts`` says whether it throws a shadow.
    """

    kind: Kind
    centre: Vector
    half: Vector
    materials: tuple[Material, ...]
    label: str = "background"
    axes: Vector = field(default_factory=lambda: np.eye(3))
    taper: float = 0.0
    casts: bool = True


Piece = list[Shape]


def box(
    low: Sequence[float],
    high: Sequence[float],
    material: Material | tuple[Material, ...],
    label: str = "background",
) -> Shape:
    """Return the box between two opposite corners, given in metres."""
    bottom, top = np.asarray(low, float), np.asarray(high, float)
    materials = material if isinstance(material, tuple) else (material,)
    return Shape(Kind.BOX, (bottom + top) / 2, (top - bottom) / 2, materials, label)


def ellipsoid(
    centre: Sequence[float], radii: Sequence[float], material: Material, label: str = "background"
) -> Shape:
    """Return an ellipsoid with its ``radii`` along x, y and z."""
    return Shape(
        Kind.ELLIPSOID, np.asarray(centre, float), np.asarray(radii, float), (material,), label
    )


def cylinder(
    base: Sequence[float],
    radius: float,
    height: float,
    material: Material,
    label: str = "background",
    top: float | None = None,
) -> Shape:
    """Return an upright cylinder on ``base``, or a frustum whose upper radius is ``top``."""
    middle = radius if top is None else (radius + top) / 2
    taper = 0.0 if top is None else (top - radius) / (top + radius)
    centre = np.asarray(base, float) + np.array([0, 0, height / 2])
    half = np.array([middle, middle, height / 2])
    return Shape(Kind.CYLINDER, centre, half, (material,), label, taper=taper)


def rod(
    start: Sequence[float],
    end: Sequence[float],
    radius: float,
    material: Material,
    label: str = "background",
) -> Shape:
    """Return a cylinder between two points."""
    first, last = np.asarray(start, float), np.asarray(end, float)
    length = float(np.linalg.norm(last - first))
    along = (last - first) / length
    side = np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(along, side), along])
    half = np.array([radius, radius, length / 2])
    return Shape(Kind.CYLINDER, (first + last) / 2, half, (material,), label, axes)


def turn(yaw: float) -> Vector:
    """Return the rotation (3, 3) by ``yaw`` radians about the vertical."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def lean(angle: float) -> Vector:
    """Return the rotation (3, 3) by ``angle`` radians about x: the top leans to the back."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]]).T


def tilted(shape: Shape, rotation: Vector) -> Shape:
    """Return ``shape`` turned about its own centre."""
    return replace(shape, axes=shape.axes @ rotation.T)


def moved(piece: Iterable[Shape], x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> Piece:
    """Return ``piece`` turned by ``yaw`` about its origin, then shifted."""
    rotation, shift = turn(yaw), np.array([x, y, z])
    return [
        replace(part, centre=rotation @ part.centre + shift, axes=part.axes @ rotation.T)
        for part in piece
    ]


def labelled(piece: Iterable[Shape], label: str) -> Piece:
    """Return ``piece`` with every part under one semantic class."""
    return [replace(part, label=label) for part in piece]
