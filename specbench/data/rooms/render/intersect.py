"""Where rays meet one solid: closed forms over a rectangle of pixels.

Every function takes the rays of a rectangle in the solid's own frame, ``origin`` (3,) and
``steps`` (3, 3) with direction x * steps[:, 0] + y * steps[:, 1] + steps[:, 2] for x (1, W) and
y (H, 1), and returns depths along the camera's axis (H, W): the ray parameter itself, since the
forward component of a direction is 1. Infinity stands for a miss.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
FAR = np.float32(np.inf)
TINY = np.float32(1e-7)
"""Keeps a division finite where a ray runs along a face."""


def _direction(steps: Floats, axis: int, x: Floats, y: Floats) -> Floats:
    column = steps[axis, 1] * y + (steps[axis, 2] + TINY)
    return np.asarray(steps[axis, 0] * x + column, np.float32)


def box_depth(origin: Floats, steps: Floats, half: Floats, x: Floats, y: Floats) -> Floats:
    """Return the depth at which rays enter the box |p| <= half (3,) from outside."""
    near: Floats | None = None
    far: Floats | None = None
    for axis in range(3):
        inverse = np.reciprocal(_direction(steps, axis, x, y))
        middle = inverse * -origin[axis]
        reach = np.abs(np.multiply(inverse, half[axis], out=inverse), out=inverse)
        enter, leave = middle - reach, np.add(middle, reach, out=middle)
        near = enter if near is None else np.maximum(near, enter, out=near)
        far = leave if far is None else np.minimum(far, leave, out=far)
    assert near is not None
    assert far is not None
    near[near > far] = FAR
    return near


def shell_depth(origin: Floats, steps: Floats, half: Floats, x: Floats, y: Floats) -> Floats:
    """Return the depth at which rays leave the box |p| <= half (3,) from inside."""
    far: Floats | None = None
    for axis in range(3):
        inverse = np.reciprocal(_direction(steps, axis, x, y))
        leave = np.abs(inverse) * half[axis] - inverse * origin[axis]
        far = leave if far is None else np.minimum(far, leave, out=far)
    assert far is not None
    return far


def ellipsoid_depth(origin: Floats, steps: Floats, half: Floats, x: Floats, y: Floats) -> Floats:
    """Return the depth at which rays enter the ellipsoid sum((p / half)^2) <= 1."""
    start = origin / half
    scaled = steps / half[:, None]
    square: Floats = np.zeros((y.shape[0], x.shape[1]), np.float32)
    for axis in range(3):
        part = _direction(scaled, axis, x, y)
        square += np.multiply(part, part, out=part)
    along = start @ scaled
    slope = _direction(along[None, :].astype(np.float32), 0, x, y)
    root = slope * slope - square * np.float32(start @ start - 1)
    return _entry(slope, root, square)


def _entry(slope: Floats, root: Floats, square: Floats) -> Floats:
    """Return the smaller t of square t^2 + 2 slope t + c = 0; ``root`` is slope^2 - square c."""
    missed = root <= 0
    np.sqrt(np.maximum(root, 0, out=root), out=root)
    np.add(slope, root, out=root)
    depth = np.negative(np.divide(root, square, out=root), out=root)
    depth[missed] = FAR
    return depth


def cylinder_depth(
    origin: Floats, steps: Floats, half: Floats, taper: float, x: Floats, y: Floats
) -> Floats:
    """Return the depth at which rays enter a cylinder or a frustum, caps included.

    The side is p_x^2 + p_y^2 = r(p_z)^2 with r(z) = half[0] (1 + taper z / half[2]).
    """
    slant = np.float32(half[0] * taper / half[2])
    dx, dy, dz = (_direction(steps, axis, x, y) for axis in range(3))
    radius = half[0] + slant * origin[2]
    square = dx * dx + dy * dy - (slant * slant) * (dz * dz)
    slope = origin[0] * dx + origin[1] * dy - (slant * radius) * dz
    rest = origin[0] ** 2 + origin[1] ** 2 - radius**2
    side = _entry(slope, slope * slope - square * np.float32(rest), square)
    # A ray steeper than the cone meets the cap first, or the far side only.
    side[(square <= 0) | (np.abs(origin[2] + side * dz) > half[2])] = FAR
    if abs(origin[2]) <= half[2]:
        return side
    return np.minimum(side, _cap_depth(origin, half, taper, dx, dy, dz))


def _cap_depth(
    origin: Floats, half: Floats, taper: float, dx: Floats, dy: Floats, dz: Floats
) -> Floats:
    """Return the depth at the cap on the camera's side."""
    end = np.copysign(half[2], origin[2])
    radius = half[0] * (1 + taper * np.sign(origin[2]))
    depth: Floats = (end - origin[2]) / dz
    px, py = origin[0] + depth * dx, origin[1] + depth * dy
    depth[px * px + py * py > radius * radius] = FAR
    return depth
