"""Light and colour of the visible surface: a lamp with shadows, daylight, corners that darken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specbench.data.rooms.patterns.atlas import LEVELS, Atlas
from specbench.data.rooms.patterns.noise import SIDE
from specbench.data.rooms.render.outdoors import sky_colours
from specbench.data.rooms.render.pinhole import Pinhole
from specbench.data.rooms.render.raster import Sight
from specbench.data.rooms.render.shadow import lit_share, shadow_maps
from specbench.data.rooms.render.surface import Surface
from specbench.data.rooms.scene import Room, Scene, Window

Floats = NDArray[np.float32]

GAMMA = 2.2
"""Between linear light and sRGB, near enough."""

STEPS = 4095
"""Linear light is turned into sRGB by a table of this many steps."""

TO_SRGB = (255 * (np.arange(STEPS + 1) / STEPS) ** (1 / GAMMA)).astype(np.uint8)

PIECE = 32768
"""Pixels that are shaded together."""


@dataclass(frozen=True)
class Lit:
    """A scene with what stays the same over its views: colour ramps and the lamp's depth maps."""

    scene: Scene
    ramps: Floats
    pattern: NDArray[np.int32]
    glow: Floats
    shadow: Floats


def light_scene(scene: Scene, atlas: Atlas) -> Lit:
    """Return ``scene`` with its colour ramps (materials * 256, 3) and shadow maps (5, N, N)."""
    ramps = np.concatenate([_ramp(material.colours) for material in scene.materials])
    pattern = [atlas.names.index(material.pattern) for material in scene.materials]
    glow = np.array([material.glow for material in scene.materials], np.float32)
    return Lit(scene, ramps, np.array(pattern, np.int32), glow, shadow_maps(scene))


def _ramp(colours: tuple[tuple[float, float, float], ...]) -> Floats:
    stops = np.array(colours, np.float64) ** GAMMA
    place = np.linspace(0, len(stops) - 1, 256)
    columns = [np.interp(place, np.arange(len(stops)), stops[:, part]) for part in range(3)]
    return np.stack(columns, axis=1).astype(np.float32)


def shade(
    lit: Lit, atlas: Atlas, camera: Pinhole, sight: Sight, surface: Surface
) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) that the camera takes, 8-bit sRGB."""
    picture = np.empty((camera.pixels * camera.pixels, 3), np.uint8)
    for part in surface.parts(PIECE):
        colour = _albedo(lit, atlas, camera, part)
        colour *= _light(lit, part)
        colour *= np.float32(STEPS)
        picture[part.pixel] = TO_SRGB[np.minimum(colour, STEPS, out=colour).astype(np.int32)].T
    seen = sight.shape.ravel() < 0
    if seen.any():
        picture[seen] = sky_colours(lit.scene.room, atlas, camera, np.flatnonzero(seen))
    return picture.reshape(camera.pixels, camera.pixels, 3)


def _albedo(lit: Lit, atlas: Atlas, camera: Pinhole, surface: Surface) -> Floats:
    """Return linear reflectances (3, P) from the patterns and the materials' colours."""
    footprint = surface.depth * surface.tiles
    footprint *= np.float32(SIDE / camera.focal)
    level = np.frexp(np.maximum(footprint, 1))[1].astype(np.int32) - 1
    np.clip(level, 0, LEVELS - 1, out=level)
    value = atlas.lookup(lit.pattern[surface.material], surface.coords, level)
    index = surface.material.astype(np.int32) * 256 + value
    return np.stack([lit.ramps[:, part][index] for part in range(3)])


def _light(lit: Lit, surface: Surface) -> Floats:
    """Return the light (3, P) that falls on each point: glow, ambient, lamp, windows."""
    room = lit.scene.room
    open_sky = _openness(room, surface)
    ambient = np.float32(0.34) + np.float32(0.07) * surface.normal[2]
    ambient *= open_sky
    ambient += np.float32(1.6) * lit.glow[surface.material]
    lamp = _lamp(lit, surface) * np.float32(room.lamp_power)
    day = np.zeros_like(ambient)
    for window in room.windows:
        day += _window_light(room, window, surface)
    day *= open_sky * np.float32(room.daylight)
    warm, cool = room.lamp_colour, (0.90, 0.97, 1.08)
    return np.stack([ambient + lamp * warm[part] + day * cool[part] for part in range(3)])


def _openness(room: Room, surface: Surface) -> Floats:
    """Return 0..1: how little a point is tucked into an edge of the room."""
    size = room.size.astype(np.float32)
    gaps = [surface.point[2], size[2] - surface.point[2]]
    for axis in range(2):
        gaps.append(size[axis] / 2 - np.abs(surface.point[axis]))
    total = np.ones_like(surface.depth)
    for gap in gaps:
        near = gap * np.float32(4)
        total *= 1 - np.float32(0.28) / (1 + near * near)
    return total * np.float32(1.3)


def _lamp(lit: Lit, surface: Surface) -> Floats:
    """Return the lamp's light: cosine, falling off with distance, shadowed."""
    lamp = lit.scene.room.lamp.astype(np.float32)
    offset = surface.point - lamp[:, None]
    square = (offset * offset).sum(axis=0) + np.float32(0.05)
    cosine = -(offset * surface.normal).sum(axis=0) / np.sqrt(square)
    cosine = np.maximum(cosine, 0) / (1 + np.float32(0.22) * square)
    return np.asarray(cosine * lit_share(lit.shadow, offset) * np.float32(1.5))


def _window_light(room: Room, window: Window, surface: Surface) -> Floats:
    """Return the daylight of one window, taken as a small panel that shines into the room."""
    along = 1 - window.axis
    centre = np.zeros(3, np.float32)
    centre[window.axis] = window.sign * room.size[window.axis] / 2
    centre[along] = (window.low[0] + window.high[0]) / 2
    centre[2] = (window.low[1] + window.high[1]) / 2
    area = (window.high[0] - window.low[0]) * (window.high[1] - window.low[1])
    offset = centre[:, None] - surface.point
    square = (offset * offset).sum(axis=0) + np.float32(0.35)
    facing = np.maximum((offset * surface.normal).sum(axis=0), 0)
    leaving = np.maximum(offset[window.axis] * window.sign, 0)
    return np.asarray(facing * leaving / (square * square) * np.float32(0.55 * area))
