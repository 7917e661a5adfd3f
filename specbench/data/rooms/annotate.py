"""From a rendered view to Taskonomy's label files: every domain at the wanted size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specbench.data import labels
from specbench.data.rooms import ROOM_TYPES
from specbench.data.rooms.patterns.atlas import Atlas
from specbench.data.rooms.render.pinhole import Pinhole
from specbench.data.rooms.render.raster import Sight, cast
from specbench.data.rooms.render.shading import Lit, shade
from specbench.data.rooms.render.surface import visible_surface
from specbench.data.rooms.scene import Room, Scene

BEND = 5.0
"""The curvature, 1/m, that lands halfway up the levels of principal_curvature."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """A picture with its geometry, at one size.

    rgb (H, W, 3) bytes; depth (H, W) metres along the axis, infinite where nothing is hit; normal
    (H, W, 3) in the camera's frame; label (H, W) stored levels, 0 uncertain; curvature (H, W, 2)
    per metre; kind is the room's type.
    """

    camera: Pinhole
    kind: str
    rgb: NDArray[np.uint8]
    depth: Floats
    normal: Floats
    label: NDArray[np.uint8]
    curvature: Floats


def take_view(lit: Lit, atlas: Atlas, camera: Pinhole) -> View:
    """Return what ``camera`` sees, at its own size."""
    scene, side = lit.scene, camera.pixels
    sight = open_windows(scene, camera, cast(scene, camera))
    surface = visible_surface(scene, camera, sight)
    normal = np.zeros((side * side, 3), np.float32)
    normal[surface.pixel] = (camera.axes @ surface.normal).T
    curvature = np.zeros((side * side, 2), np.float32)
    curvature[surface.pixel] = surface.curvature.T
    return View(
        camera,
        scene.room.kind,
        shade(lit, atlas, camera, sight, surface),
        sight.depth,
        normal.reshape(side, side, 3),
        _class_levels(scene, sight),
        curvature.reshape(side, side, 2),
    )


def open_windows(scene: Scene, camera: Pinhole, sight: Sight) -> Sight:
    """Return ``sight`` with nothing hit where the room's shell has a window."""
    shell = np.flatnonzero(sight.shape.ravel() == 0)
    if not scene.room.windows or len(shell) == 0:
        return sight
    x, y = camera.grid()
    depth = sight.depth.ravel()[shell]
    ray = np.stack(
        [x[0][shell % camera.pixels] * depth, y[:, 0][shell // camera.pixels] * depth, depth]
    )
    point = camera.axes.T @ ray + camera.position[:, None]
    hole = np.zeros(len(shell), bool)
    for window in scene.room.windows:
        wall = window.sign * scene.room.size[window.axis] / 2
        along = point[1 - window.axis]
        inside = (along > window.low[0]) & (along < window.high[0])
        inside &= (point[2] > window.low[1]) & (point[2] < window.high[1])
        hole |= inside & (np.abs(point[window.axis] - wall) < 1e-3)
    sight.depth.ravel()[shell[hole]] = np.inf
    sight.shape.ravel()[shell[hole]] = -1
    return sight


def _class_levels(scene: Scene, sight: Sight) -> NDArray[np.uint8]:
    """Return class levels (H, W); 0, uncertain, on the pixels on both sides of a class's edge."""
    table = np.append(scene.label + 1, np.uint8(1)).astype(np.uint8)
    level = table[sight.shape]
    edge = np.zeros(level.shape, bool)
    across, down = level[:, 1:] != level[:, :-1], level[1:] != level[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    level[edge] = 0
    return level


def annotate(view: View, pixels: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of every image domain at ``pixels``, as their files store them."""
    field = view.camera.field_of_view
    valid = np.isfinite(view.depth)
    z16 = labels.depth_levels(view.depth)
    depth, share = labels.average_down_valid(view.depth, valid, pixels)
    distance = labels.euclidean_depth(np.where(valid, view.depth, 0), field)
    distance, _ = labels.average_down_valid(distance, valid, pixels)
    seen = share > 0
    normal = _unit(labels.average_down(view.normal, pixels))
    curvature, _ = labels.average_down_valid(curvature_value(view.curvature), valid, pixels)
    light, _ = labels.average_down_valid(reshading(view), valid, pixels)
    fractions = {
        "edge_texture": labels.edge_texture(view.rgb),
        "keypoints2d": labels.keypoints2d(view.rgb),
        "edge_occlusion": labels.edge_occlusion(z16),
    }
    arrays: dict[str, NDArray[Any]] = {
        "rgb": _bytes(labels.average_down(view.rgb, pixels)),
        "depth_zbuffer": labels.depth_levels(depth),
        "depth_euclidean": labels.depth_levels(distance),
        "normal": np.where(seen[..., None], _bytes((normal + 1) * 127.5), np.uint8(128)),
        "segment_semantic": nearest(view.label, pixels),
        "reshading": np.repeat(_bytes(np.nan_to_num(light) * 255)[..., None], 3, axis=2),
        "principal_curvature": _curvature_image(curvature, seen),
        "mask_valid": np.where(seen, np.uint8(255), np.uint8(0)),
    }
    for domain, values in fractions.items():
        arrays[domain] = labels.fraction_levels(labels.average_down(values, pixels))
    return arrays


def nearest(values: NDArray[Any], pixels: int) -> NDArray[Any]:
    """Return every n-th value of (H, W), the one at or right below the middle of its block."""
    step = values.shape[0] // pixels
    return np.ascontiguousarray(values[step // 2 :: step, step // 2 :: step])


def curvature_value(curvature: Floats) -> Floats:
    """Return curvature k (1/m) squeezed into -1..1 as k / (|k| + BEND)."""
    return np.asarray(curvature / (np.abs(curvature) + np.float32(BEND)), np.float32)


def _curvature_image(value: Floats, seen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return (H, W, 3) bytes: both curvatures around 127, a third channel of 0; 0, 0, 0 unseen."""
    image = np.zeros((*seen.shape, 3), np.uint8)
    levels = np.clip(np.rint(127 + 127 * np.nan_to_num(value)), 1, 254)
    image[..., :2] = np.where(seen[..., None], levels, 0)
    return image


def reshading(view: View) -> Floats:
    """Return the shading (H, W) of a view; 0 where nothing is hit."""
    depth = np.where(np.isfinite(view.depth), view.depth, np.float32(0))
    return labels.reshading(depth, view.normal, *view.camera.grid())


def scene_class(kind: str) -> Floats:
    """Return the probability vector (room types,) of class_scene, one-hot."""
    return np.array([name == kind for name in ROOM_TYPES], np.float32)


def point_info(view: View, room: Room, building: str, point: int) -> dict[str, Any]:
    """Return the camera's record: field of view (rad), location (m), axes, room type."""
    axes = view.camera.axes.astype(float).round(6)
    return {
        "building": building,
        "point": point,
        "view": 0,
        "field_of_view_rads": round(view.camera.field_of_view, 6),
        "camera_location": [round(float(part), 6) for part in view.camera.position],
        "camera_axes_right_down_forward": axes.tolist(),
        "room_type": room.kind,
        "room_size": [round(float(part), 6) for part in room.size],
    }


def _unit(vectors: Floats) -> Floats:
    length = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.maximum(length, np.float32(1e-6)))


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(values, 0, 255)), np.uint8)
