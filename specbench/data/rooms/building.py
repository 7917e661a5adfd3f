"""Rendering a whole building into Taskonomy's file layout."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from specbench.data.labels import LABEL_PIXELS
from specbench.data.rooms import ROOM_DOMAINS, ROOM_TYPES
from specbench.data.rooms.annotate import View, annotate, point_info, scene_class, take_view
from specbench.data.rooms.furnish.dwelling import build_room
from specbench.data.rooms.furnish.style import make_style
from specbench.data.rooms.patterns.atlas import Atlas, make_atlas
from specbench.data.rooms.render.shading import Lit, light_scene
from specbench.data.rooms.render.viewpoint import choose_camera
from specbench.data.rooms.scene import compile_scene
from specbench.seeding import numpy_stream

VIEWS_PER_ROOM = 4
"""Views i * 4 .. i * 4 + 3 of a building are taken in its i-th room."""

REPORT_EVERY = 5

SUFFIXES = {"segment_semantic": "segmentsemantic"}
"""Where a file's name does not end in its domain."""

Report = Callable[[dict[str, Any]], None]


def render_building(
    seed: int, building: str, views: int, pixels: int, folder: Path, report: Report
) -> None:
    """Render ``views`` pictures of a building with all their labels, ``pixels`` wide.

    Writes ``<folder>/<domain>/taskonomy/<building>/point_<i>_view_0_domain_<suffix>`` for every
    domain of ROOM_DOMAINS. The same seed gives the same bytes, and view i does not depend on
    ``views``. ``pixels`` must divide 512. ``report`` hears {"done", "total"}.
    """
    if LABEL_PIXELS % pixels:
        raise ValueError(f"pixels = {pixels} does not divide {LABEL_PIXELS}")
    atlas = _atlas(seed)
    for domain in ROOM_DOMAINS:
        (folder / domain / "taskonomy" / building).mkdir(parents=True, exist_ok=True)
    for number in range(views):
        lit = room_of(seed, building, number // VIEWS_PER_ROOM)
        view = view_of(seed, building, number, lit, atlas)
        _write(folder, building, number, view, pixels, lit)
        if (number + 1) % REPORT_EVERY == 0 or number + 1 == views:
            report({"done": number + 1, "total": views})


@functools.lru_cache(maxsize=2)
def _atlas(seed: int) -> Atlas:
    return make_atlas(seed)


@functools.lru_cache(maxsize=2)
def room_of(seed: int, building: str, room: int) -> Lit:
    """Return a building's room; its types come in an order that repeats every type once."""
    style = make_style(numpy_stream(seed, "rooms", building, "style"))
    cycle, place = divmod(room, len(ROOM_TYPES))
    order = numpy_stream(seed, "rooms", building, "types", cycle).permutation(len(ROOM_TYPES))
    rng = numpy_stream(seed, "rooms", building, "room", room)
    scene = compile_scene(build_room(ROOM_TYPES[order[place]], style, rng))
    return light_scene(scene, _atlas(seed))


def view_of(
    seed: int, building: str, number: int, lit: Lit, atlas: Atlas, pixels: int = LABEL_PIXELS
) -> View:
    """Return one view of a room, rendered at ``pixels``."""
    rng = numpy_stream(seed, "rooms", building, "view", number)
    return take_view(lit, atlas, choose_camera(lit.scene, rng, pixels))


def _write(folder: Path, building: str, number: int, view: View, pixels: int, lit: Lit) -> None:
    for domain, values in annotate(view, pixels).items():
        path = _path(folder, domain, building, number, "png")
        Image.fromarray(values).save(path, compress_level=1)
    np.save(_path(folder, "class_scene", building, number, "npy"), scene_class(view.kind))
    info = point_info(view, lit.scene.room, building, number)
    _path(folder, "point_info", building, number, "json").write_text(json.dumps(info) + "\n")


def _path(folder: Path, domain: str, building: str, number: int, ending: str) -> Path:
    place = folder / domain / "taskonomy" / building
    return place / f"point_{number}_view_0_domain_{SUFFIXES.get(domain, domain)}.{ending}"
