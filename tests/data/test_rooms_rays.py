"""The renderer's geometry against closed forms."""

import math

import numpy as np
import pytest

from specbench.data import labels
from specbench.data.rooms.annotate import open_windows
from specbench.data.rooms.material import plain
from specbench.data.rooms.render.pinhole import look
from specbench.data.rooms.render.raster import cast
from specbench.data.rooms.render.surface import visible_surface
from specbench.data.rooms.scene import Room, Window, compile_scene
from specbench.data.rooms.shapes import (
    Kind,
    Shape,
    box,
    cylinder,
    ellipsoid,
    lean,
    moved,
    rod,
    tilted,
)

GREY = plain((0.5, 0.5, 0.5))
PIXELS = 96
FIELD = 1.2


def scene_of(*shapes, windows=()):
    """A room 4 x 6 x 3 m with some solids in it."""
    size = np.array([4.0, 6.0, 3.0])
    shell = Shape(Kind.SHELL, np.array([0, 0, 1.5]), size / 2, (GREY,))
    lamp = np.array([0.0, 0.0, 2.6])
    return compile_scene(Room("office", size, (shell, *shapes), tuple(windows), lamp))


def camera(yaw=0.0, pitch=0.0, roll=0.0, position=(0.0, -2.0, 1.5)):
    return look(np.array(position), yaw, pitch, roll, FIELD, PIXELS)


def surface_maps(scene, view):
    """Return shape, depth, camera normals (H, W, 3) and curvature (H, W, 2)."""
    sight = open_windows(scene, view, cast(scene, view))
    surface = visible_surface(scene, view, sight)
    normal = np.full((PIXELS * PIXELS, 3), np.nan)
    normal[surface.pixel] = (view.axes @ surface.normal).T
    curvature = np.zeros((PIXELS * PIXELS, 2))
    curvature[surface.pixel] = surface.curvature.T
    maps = normal.reshape(PIXELS, PIXELS, 3), curvature.reshape(PIXELS, PIXELS, 2)
    return sight.shape, sight.depth, *maps


def pixel_rays(view):
    x, y = view.grid()
    return np.stack(np.broadcast_arrays(x, y, 1.0), axis=-1).astype(float)


def test_a_facing_wall_has_one_depth_and_looks_back():
    shape, depth, normal, curvature = surface_maps(scene_of(), camera())
    middle = (slice(40, 56), slice(40, 56))
    assert np.allclose(depth[middle], 5.0, atol=1e-4)
    assert np.allclose(normal[middle], [0, 0, -1], atol=1e-5)
    assert (shape == 0).all()
    assert not curvature.any()


def test_every_point_of_an_empty_room_lies_on_one_of_its_planes():
    view = camera(yaw=0.7, pitch=-0.4, roll=0.1, position=(0.5, -1.0, 1.4))
    _, depth, _, _ = surface_maps(scene_of(), view)
    points = (pixel_rays(view) * depth[..., None]) @ view.axes + view.position
    gaps = np.stack(
        [2 - np.abs(points[..., 0]), 3 - np.abs(points[..., 1]), points[..., 2], 3 - points[..., 2]]
    )
    assert np.abs(gaps.min(axis=0)).max() < 1e-4


def test_floor_normals_point_up_and_ceiling_normals_down_in_the_picture():
    _, _, normal, _ = surface_maps(scene_of(), camera())
    assert np.allclose(normal[-1, PIXELS // 2], [0, -1, 0], atol=1e-5)
    assert np.allclose(normal[0, PIXELS // 2], [0, 1, 0], atol=1e-5)


def test_sphere_depth_normal_and_curvature():
    radius, centre = 0.6, np.array([0.2, 0.9, 1.4])
    view = camera()
    scene = scene_of(ellipsoid(centre, (radius,) * 3, GREY))
    shape, depth, normal, curvature = surface_maps(scene, view)
    ray = pixel_rays(view)
    middle = view.axes @ (centre - view.position)
    a, b, c = (ray**2).sum(-1), ray @ middle, middle @ middle - radius**2
    root = b * b - a * c
    seen = shape == 1
    assert np.array_equal(seen, root > 0)
    expected = (b - np.sqrt(np.maximum(root, 0))) / a
    inner = seen & (root > 0.05)
    assert np.allclose(depth[inner], expected[inner], atol=2e-5)
    outward = (ray * expected[..., None] - middle) / radius
    assert np.allclose(normal[inner], outward[inner], atol=1e-3)
    assert np.allclose(curvature[seen], 1 / radius, rtol=1e-2)


def test_cylinder_depth_normal_and_curvature():
    radius, (x, y) = 0.5, (0.1, 1.0)
    view = camera()
    scene = scene_of(cylinder((x, y, 0), radius, 3, GREY))
    shape, depth, normal, curvature = surface_maps(scene, view)
    seen = shape == 1
    points = (pixel_rays(view) * depth[..., None]) @ view.axes + view.position
    across = points[..., :2][seen] - [x, y]
    assert seen.mean() > 0.1
    assert np.allclose(np.hypot(*across.T), radius, atol=1e-4)
    assert np.allclose(curvature[seen], [1 / radius, 0], rtol=1e-3)
    outward = np.concatenate([across / radius, np.zeros((len(across), 1))], axis=1)
    assert np.allclose(normal[seen], outward @ view.axes.T, atol=1e-3)


def test_a_frustum_bends_by_the_cosine_of_its_slant_over_its_radius():
    view = camera()
    scene = scene_of(cylinder((0, 1, 0.5), 0.8, 2.0, GREY, top=0.4))
    shape, depth, _, curvature = surface_maps(scene, view)
    seen = (shape == 1) & (curvature[..., 0] > 0)
    points = (pixel_rays(view) * depth[..., None]) @ view.axes + view.position
    radius = 0.8 - 0.4 * (points[..., 2] - 0.5) / 2.0
    found = np.hypot(points[..., 0], points[..., 1] - 1)
    assert seen.sum() > 100
    assert np.allclose(found[seen], radius[seen], atol=1e-3)
    cosine = 1 / math.sqrt(1 + 0.2**2)
    assert np.allclose(curvature[seen][:, 0], cosine / radius[seen], rtol=2e-3)
    assert not curvature[..., 1].any()


def test_a_rod_is_a_cylinder_and_its_cap_is_flat():
    view = camera(position=(0.0, -2.0, 1.5))
    scene = scene_of(rod((0, 0, 1.5), (0, 2, 1.5), 0.3, GREY))
    shape, depth, normal, curvature = surface_maps(scene, view)
    middle = PIXELS // 2
    assert shape[middle, middle] == 1
    assert depth[middle, middle] == pytest.approx(2.0, abs=1e-4)
    assert np.allclose(normal[middle, middle], [0, 0, -1], atol=1e-4)
    assert not curvature[middle, middle].any()


def test_a_turned_and_leaning_box_shows_the_faces_of_its_own_frame():
    view = camera()
    crate = moved(
        [tilted(box((-0.5, -0.4, -0.3), (0.5, 0.4, 0.3), GREY), lean(0.4))], 0, 1, 1.4, 0.5
    )
    scene = scene_of(*crate)
    shape, depth, normal, _ = surface_maps(scene, view)
    seen = shape == 1
    points = (pixel_rays(view) * depth[..., None]) @ view.axes + view.position
    local = (points[seen] - scene.centre[1]) @ scene.axes[1].T / scene.half[1]
    assert np.allclose(np.abs(local).max(axis=1), 1, atol=1e-3)
    faces = np.abs(normal[seen] @ (scene.axes[1] @ view.axes.T).T)
    assert np.allclose(faces.max(axis=1), 1, atol=1e-4)


def test_analytic_normals_agree_with_those_of_the_depth_map():
    scene = scene_of(
        ellipsoid((-0.7, 1.5, 1.2), (0.7, 0.4, 0.9), GREY), cylinder((0.8, 1.5, 0), 0.5, 2, GREY)
    )
    view = camera(pitch=-0.1, roll=0.05)
    shape, depth, normal, _ = surface_maps(scene, view)
    from_depth = labels.normals_from_depth(depth, FIELD)
    same = np.ones(shape.shape, bool)
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            same &= np.roll(shape, step, axis) == shape
            same &= np.abs(np.roll(normal, step, axis) - normal).max(-1) < 0.15
    cosine = (from_depth * normal).sum(-1)[same]
    assert same.mean() > 0.6
    assert np.median(cosine) > 0.9999
    assert np.quantile(cosine, 0.01) > 0.99


def test_normals_face_the_camera():
    scene = scene_of(
        ellipsoid((-0.7, 1.5, 1.2), (0.7, 0.4, 0.9), GREY),
        cylinder((0.8, 1.5, 0), 0.5, 2, GREY, top=0.2),
        box((-1.5, 0, 0), (-1, 0.5, 1), GREY),
    )
    view = camera(pitch=-0.2)
    _, _, normal, _ = surface_maps(scene, view)
    assert ((normal * pixel_rays(view)).sum(-1) < 1e-3).all()


def test_ellipsoid_curvature_against_its_profile_at_the_poles():
    a, b, c = 0.5, 0.3, 0.8
    scene = scene_of(ellipsoid((0, 0, 1.5), (a, b, c), GREY))
    shape, _, _, curvature = surface_maps(scene, camera())
    middle = PIXELS // 2
    assert shape[middle, middle] == 1
    assert np.allclose(curvature[middle, middle], sorted((b / a**2, b / c**2))[::-1], rtol=0.02)


def test_a_window_is_a_hole_and_what_stands_before_it_is_not():
    window = Window(axis=1, sign=1, low=(-0.8, 0.8), high=(0.8, 2.2))
    scene = scene_of(box((-0.1, 2, 0), (0.1, 2.2, 3), GREY), windows=[window])
    view = camera()
    shape, depth, _, _ = surface_maps(scene, view)
    hole = np.isinf(depth)
    assert np.array_equal(hole, shape == -1)
    assert hole[PIXELS // 2, PIXELS // 2 + 8]
    assert not hole[PIXELS // 2, PIXELS // 2]
    ray = pixel_rays(view) * 5.0
    across, up = ray[..., 0], 1.5 - ray[..., 1]
    inside = (np.abs(across) < 0.8) & (np.abs(up - 1.5) < 0.7)
    assert np.array_equal(hole, inside & (shape != 1))


def test_culling_changes_nothing():
    rng = np.random.default_rng(3)
    shapes = [
        ellipsoid(rng.uniform((-2, -3, 0), (2, 3, 3)), rng.uniform(0.05, 0.5, 3), GREY)
        for _ in range(20)
    ]
    scene, view = scene_of(*shapes), camera(yaw=0.4, pitch=-0.2, roll=0.3)
    nearest = np.full((PIXELS, PIXELS), np.inf)
    for number in range(len(scene)):
        alone = np.arange(len(scene)) == number
        nearest = np.minimum(nearest, cast(scene, view, alone).depth)
    assert np.array_equal(cast(scene, view).depth, nearest)
