"""Furnished rooms make sense: everything inside, nothing through anything, the right things."""

import math

import numpy as np
import pytest

from specbench.data.rooms import ROOM_TYPES
from specbench.data.rooms.furnish.dwelling import build_room
from specbench.data.rooms.furnish.floorplan import FloorPlan
from specbench.data.rooms.furnish.style import make_style
from specbench.data.rooms.render.viewpoint import choose_camera
from specbench.data.rooms.scene import compile_scene

TYPICAL = {
    "bathroom": {"toilet", "sink"},
    "bedroom": {"bed"},
    "dining_room": {"dining table", "chair"},
    "kitchen": {"oven", "refrigerator", "sink"},
    "living_room": {"couch", "tv"},
    "office": {"book", "tv", "chair", "dining table"},
}


def rooms(kind, count=6):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield build_room(kind, make_style(rng), rng)


@pytest.mark.parametrize("kind", ROOM_TYPES)
def test_a_room_mostly_holds_what_its_type_calls_for(kind):
    held = [{shape.label for shape in room.shapes} for room in rooms(kind)]
    for label in TYPICAL[kind]:
        assert sum(label in labels for labels in held) >= 4, label


@pytest.mark.parametrize("kind", ROOM_TYPES)
def test_furniture_stays_inside_the_room(kind):
    for room in rooms(kind):
        half = np.array([room.size[0] / 2, room.size[1] / 2])
        for shape in room.shapes[1:]:
            assert (np.abs(shape.centre[:2]) < half + 0.02).all()
            assert -0.01 < shape.centre[2] < room.size[2]


@pytest.mark.parametrize("kind", ROOM_TYPES)
def test_cameras_stand_inside_and_clear_of_furniture(kind):
    for number, room in enumerate(rooms(kind, 3)):
        scene = compile_scene(room)
        camera = choose_camera(scene, np.random.default_rng(number), 512)
        assert (np.abs(camera.position[:2]) < room.size[:2] / 2 - 0.3).all()
        assert 1.0 < camera.position[2] < 1.8
        assert np.allclose(camera.axes @ camera.axes.T, np.eye(3), atol=1e-5)
        assert camera.axes[1, 2] < -0.5


def test_places_against_walls_do_not_overlap_and_look_into_the_room():
    rng = np.random.default_rng(0)
    plan = FloorPlan(4.0, 5.0, 2.5)
    poses = [pose for _ in range(20) if (pose := plan.against(rng, 0.8, 0.5, 0.9)) is not None]
    assert len(poses) > 5
    for index, first in enumerate(plan.taken):
        for second in plan.taken[:index]:
            apart_x = abs(first[0] - second[0]) >= first[2] + second[2] - 1e-6
            apart_y = abs(first[1] - second[1]) >= first[3] + second[3] - 1e-6
            assert apart_x or apart_y
    for pose in poses:
        ahead = pose.beside(0, 0.5)
        assert math.hypot(ahead.x / 4, ahead.y / 5) < math.hypot(pose.x / 4, pose.y / 5)


def test_nothing_hangs_over_a_window():
    rng = np.random.default_rng(1)
    plan = FloorPlan(3.0, 3.0, 2.5)
    for wall in range(4):
        plan.mark(wall, 0.0, 3.0, 0.9, 2.1)
    assert plan.hang(rng, 0.5, 1.4, 1.9) is None
    assert plan.against(rng, 0.5, 0.4, 1.8) is None
    assert plan.against(rng, 0.5, 0.4, 0.8) is not None
