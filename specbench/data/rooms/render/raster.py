"""Which solid each pixel sees, and how far away: exact depths, culled to bounding rectangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.render import intersect
from specbench.data.rooms.render.pinhole import Pinhole
from specbench.data.rooms.scene import Scene
from specbench.data.rooms.shapes import Kind

NEAR = 0.02
"""Metres before the camera where the world begins."""

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)


@dataclass(frozen=True)
class Sight:
    """Depth along the camera's axis (H, W), infinite where nothing is hit, and shape (H, W)."""

    depth: NDArray[np.float32]
    shape: NDArray[np.int16]


def cast(scene: Scene, camera: Pinhole, shapes: NDArray[np.bool_] | None = None) -> Sight:
    """Return what ``camera`` sees of ``scene``, or of those ``shapes`` (S,) that are True."""
    pixels = camera.pixels
    x, y = camera.grid()
    depth = np.full((pixels, pixels), np.inf, np.float32)
    seen = np.full((pixels, pixels), -1, np.int16)
    rectangles = bounding_rectangles(scene, camera)
    wanted = np.ones(len(scene), bool) if shapes is None else shapes
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for number in np.flatnonzero(wanted & (rectangles[:, 2] > rectangles[:, 0])):
            left, top, right, bottom = rectangles[number]
            hit = _depth(scene, int(number), camera, x[:, left:right], y[top:bottom])
            window = depth[top:bottom, left:right]
            closer = (hit < window) & (hit > NEAR)
            np.copyto(window, hit, where=closer)
            np.copyto(seen[top:bottom, left:right], np.int16(number), where=closer)
    return Sight(depth, seen)


def local_rays(
    scene: Scene, number: int, camera: Pinhole
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return origin (3,) and steps (3, 3) of the camera's rays in the frame of one shape."""
    axes = scene.axes[number]
    return axes @ (camera.position - scene.centre[number]), axes @ camera.axes.T


def _depth(
    scene: Scene, number: int, camera: Pinhole, x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.float32]:
    origin, steps = local_rays(scene, number, camera)
    half, kind = scene.half[number], scene.kind[number]
    if kind == Kind.BOX:
        return intersect.box_depth(origin, steps, half, x, y)
    if kind == Kind.ELLIPSOID:
        return intersect.ellipsoid_depth(origin, steps, half, x, y)
    if kind == Kind.CYLINDER:
        taper = float(scene.taper[number])
        return intersect.cylinder_depth(origin, steps, half, taper, x, y)
    return intersect.shell_depth(origin, steps, half, x, y)


def bounding_rectangles(scene: Scene, camera: Pinhole) -> NDArray[np.int64]:
    """Return left, top, right, bottom (S, 4) in pixels of what each shape can cover; or zeros.

    A shape that reaches behind the camera gets the whole picture unless it lies outside one side
    of the pyramid of sight.
    """
    reach = scene.half * np.where(scene.kind == Kind.CYLINDER, 1 + np.abs(scene.taper), 1)[:, None]
    corners = scene.centre[:, None] + (CORNERS * reach[:, None]) @ scene.axes
    points = (corners - camera.position) @ camera.axes.T
    across, ahead = points[..., :2], points[..., 2]
    limit = np.float32(camera.pixels / 2 / camera.focal)
    outside = (ahead < NEAR).all(1)
    for sign in (-1, 1):
        beyond: NDArray[np.bool_] = sign * across > limit * ahead[..., None]
        outside |= np.any(beyond.all(axis=1), axis=1)
    behind = (ahead < NEAR).any(1)
    flat = across / np.maximum(ahead, NEAR)[..., None] * camera.focal + camera.pixels / 2
    low, high = np.floor(flat.min(1)) - 1, np.ceil(flat.max(1)) + 1
    edges = np.concatenate([low, high], axis=1).clip(0, camera.pixels)
    edges[behind] = [0, 0, camera.pixels, camera.pixels]
    edges[outside | (edges[:, 0] >= edges[:, 2]) | (edges[:, 1] >= edges[:, 3])] = 0
    return edges.astype(np.int64)
