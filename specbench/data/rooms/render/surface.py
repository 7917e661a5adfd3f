"""The visible surface, pixel by pixel: points, normals, curvature, pattern coordinates.

Pixels are sorted by the shape they see, so that every quantity of one shape is a slice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.render.pinhole import Pinhole
from specbench.data.rooms.render.raster import Sight
from specbench.data.rooms.scene import Scene
from specbench.data.rooms.shapes import Kind

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Surface:
    """P visible pixels, sorted by shape.

    pixel (P,) flat index; shape (P,); depth (P,); point (3, P) world metres; normal (3, P) world,
    facing the camera; coords (2, P) in tiles of the pattern; tiles (P,) tiles per metre; material
    (P,); curvature (2, P) principal curvatures per metre, larger first, positive where the
    surface bulges towards the camera.
    """

    pixel: NDArray[np.int64]
    shape: NDArray[np.int16]
    depth: Floats
    point: Floats
    normal: Floats
    coords: Floats
    tiles: Floats
    material: NDArray[np.int16]
    curvature: Floats

    def parts(self, size: int) -> Iterator[Surface]:
        """Return the surface in pieces of ``size`` pixels, which fit a core's cache."""
        for start in range(0, len(self.pixel), size):
            piece = slice(start, start + size)
            yield Surface(*(getattr(self, item.name)[..., piece] for item in fields(self)))


def visible_surface(scene: Scene, camera: Pinhole, sight: Sight) -> Surface:
    """Return the surface that ``sight`` holds, windows left out."""
    shape = sight.shape.ravel()
    pixel = np.argsort(shape, kind="stable")
    pixel = pixel[np.searchsorted(shape[pixel], 0) :]
    depth = sight.depth.ravel()[pixel]
    point = _points(camera, pixel, depth)
    count = len(pixel)
    surface = Surface(
        pixel,
        shape[pixel],
        depth,
        point,
        np.empty((3, count), np.float32),
        np.empty((2, count), np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.int16),
        np.zeros((2, count), np.float32),
    )
    starts = np.searchsorted(surface.shape, np.arange(len(scene) + 1))
    for number in np.flatnonzero(starts[1:] > starts[:-1]):
        _fill(scene, int(number), surface, slice(int(starts[number]), int(starts[number + 1])))
    return surface


def _points(camera: Pinhole, pixel: NDArray[np.int64], depth: Floats) -> Floats:
    x, y = camera.grid()
    right = x[0][pixel % camera.pixels] * depth
    down = y[:, 0][pixel // camera.pixels] * depth
    point = np.empty((3, len(pixel)), np.float32)
    for axis in range(3):
        first, second, third = camera.axes[:, axis]
        np.multiply(right, first, out=point[axis])
        point[axis] += second * down
        point[axis] += third * depth
        point[axis] += camera.position[axis]
    return point


def _fill(scene: Scene, number: int, surface: Surface, part: slice) -> None:
    """Write normals, coordinates, materials and curvature of one shape's pixels."""
    local = scene.axes[number] @ (surface.point[:, part] - scene.centre[number][:, None])
    kind = scene.kind[number]
    if kind in (Kind.BOX, Kind.SHELL):
        _fill_box(scene, number, surface, part, local)
        return
    surface.material[part] = scene.faces[number, 0]
    tile = scene.materials[scene.faces[number, 0]].tile or 1.0
    surface.tiles[part] = 1 / tile
    half = scene.half[number]
    if kind == Kind.ELLIPSOID:
        normal, around, up = _ellipsoid(local, half, surface.curvature[:, part])
    else:
        taper = float(scene.taper[number])
        normal, around, up = _cylinder(local, half, taper, surface.curvature[:, part])
    surface.normal[:, part] = scene.axes[number].T @ normal
    surface.coords[0, part] = around / tile
    surface.coords[1, part] = up / tile


def _fill_box(scene: Scene, number: int, surface: Surface, part: slice, local: Floats) -> None:
    half = scene.half[number]
    share = np.abs(local) / half[:, None]
    axis = np.argmax(share, axis=0)
    positive = np.choose(axis, local) > 0
    face = 2 * axis + positive
    sign = -1 if scene.kind[number] == Kind.SHELL else 1
    table = np.repeat(scene.axes[number], 2, axis=0) * np.tile([-sign, sign], 3)[:, None]
    surface.normal[:, part] = table.T.astype(np.float32)[:, face]
    faces = scene.faces[number]
    surface.material[part] = faces[face]
    first = np.where(axis == 0, local[1], local[0])
    second = np.where(axis == 2, local[1], local[2])
    sides = np.array([[2 * half[i], 2 * half[j]] for i, j in ((1, 2), (0, 2), (0, 1))], np.float32)
    tile = np.array([scene.materials[material].tile for material in faces], np.float32)[:, None]
    spans = np.where(tile > 0, tile, np.repeat(sides, 2, axis=0))
    shift = np.where(tile > 0, 0, np.float32(0.5))
    surface.coords[0, part] = first / spans[face, 0] + shift[face, 0]
    surface.coords[1, part] = second / spans[face, 1] + shift[face, 0]
    surface.tiles[part] = (1 / spans.min(1))[face]


def _ellipsoid(local: Floats, half: Floats, curvature: Floats) -> tuple[Floats, Floats, Floats]:
    """Return local normals and pattern coordinates in metres; write the curvature.

    With h the distance from the centre to the tangent plane, Gaussian curvature is h^4 / (abc)^2
    and mean curvature h^3 (a^2 + b^2 + c^2 - |p|^2) / (2 (abc)^2).
    """
    gradient = local / (half * half)[:, None]
    height = 1 / np.sqrt((gradient * gradient).sum(axis=0))
    normal = gradient * height
    volume = np.float32(np.prod(half.astype(np.float64)) ** 2)
    gauss = height**4 / volume
    excess = (half * half).sum() - (local * local).sum(axis=0)
    mean = height**3 * excess / (2 * volume)
    spread = np.sqrt(np.maximum(mean * mean - gauss, 0))
    curvature[0], curvature[1] = mean + spread, mean - spread
    axis = np.argmax(np.abs(normal), axis=0)
    across = np.where(axis == 0, local[1], local[0])
    return normal, across, np.where(axis == 2, local[1], local[2])


def _cylinder(
    local: Floats, half: Floats, taper: float, curvature: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return local normals and pattern coordinates in metres; write the curvature.

    A frustum bends by cos(slant) / radius around and not at all along; its caps are flat.
    """
    slant = half[0] * taper / half[2]
    radius = np.hypot(local[0], local[1])
    wall = half[0] * (1 + taper * local[2] / half[2])
    cap = (half[2] - np.abs(local[2])) < (wall - radius)
    level = np.float32(1 / np.sqrt(1 + slant * slant))
    inverse = level / np.maximum(radius, np.float32(1e-6))
    normal = np.empty_like(local)
    normal[0] = np.where(cap, 0, local[0] * inverse)
    normal[1] = np.where(cap, 0, local[1] * inverse)
    normal[2] = np.where(cap, np.sign(local[2]), -slant * level)
    curvature[0] = np.where(cap, 0, level / np.maximum(wall, np.float32(1e-6)))
    around = np.where(cap, local[0], np.arctan2(local[1], local[0]) * half[0])
    return normal, around, np.where(cap, local[1], local[2])
