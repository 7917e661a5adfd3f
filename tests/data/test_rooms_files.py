"""What a rendered building holds: layout, encodings, determinism, no degenerate domain."""

import filecmp
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from specbench.data import labels
from specbench.data.rooms import ROOM_DOMAINS, ROOM_TYPES
from specbench.data.rooms.building import VIEWS_PER_ROOM, render_building, room_of, view_of
from specbench.data.rooms.patterns.atlas import make_atlas

PIXELS = 64
VIEWS = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One building of three rooms."""
    place = tmp_path_factory.mktemp("rooms")
    heard = []
    render_building(7, "test_000", VIEWS, PIXELS, place, heard.append)
    assert heard[-1] == {"done": VIEWS, "total": VIEWS}
    return place


@pytest.fixture(scope="module")
def read(folder):
    """All views of a domain, stacked."""

    def stack(domain):
        suffix = {"segment_semantic": "segmentsemantic"}.get(domain, domain)
        names = [f"point_{i}_view_0_domain_{suffix}.png" for i in range(VIEWS)]
        place = folder / domain / "taskonomy" / "test_000"
        return np.stack([np.asarray(Image.open(place / name)) for name in names])

    return stack


def test_every_domain_has_a_file_for_every_view(folder):
    for domain in ROOM_DOMAINS:
        assert len(list((folder / domain / "taskonomy" / "test_000").iterdir())) == VIEWS
    assert sorted(path.name for path in folder.iterdir()) == sorted(ROOM_DOMAINS)


@pytest.mark.parametrize(
    ("domain", "dtype", "channels"),
    [
        ("rgb", np.uint8, 3),
        ("normal", np.uint8, 3),
        ("reshading", np.uint8, 3),
        ("principal_curvature", np.uint8, 3),
        ("segment_semantic", np.uint8, 0),
        ("mask_valid", np.uint8, 0),
        ("depth_zbuffer", np.uint16, 0),
        ("depth_euclidean", np.uint16, 0),
        ("keypoints2d", np.uint16, 0),
        ("edge_texture", np.uint16, 0),
        ("edge_occlusion", np.uint16, 0),
    ],
)
def test_files_have_taskonomys_form_and_are_not_constant(read, domain, dtype, channels):
    values = read(domain)
    assert values.dtype == dtype
    assert values.shape == (VIEWS, PIXELS, PIXELS) + ((channels,) if channels else ())
    assert values.std() > 0


def test_the_same_seed_gives_the_same_bytes_however_many_views(folder, tmp_path):
    render_building(7, "test_000", 2, PIXELS, tmp_path, lambda _: None)
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(paths) == 2 * len(ROOM_DOMAINS)
    for path in paths:
        assert filecmp.cmp(path, folder / path.relative_to(tmp_path), shallow=False)


def test_another_seed_or_building_gives_another_picture(folder, tmp_path):
    render_building(8, "test_000", 1, PIXELS, tmp_path, lambda _: None)
    render_building(7, "test_001", 1, PIXELS, tmp_path, lambda _: None)
    name = "point_0_view_0_domain_rgb.png"
    pictures = [
        np.asarray(Image.open(root / "rgb" / "taskonomy" / building / name)).astype(float)
        for root, building in [(folder, "test_000"), (tmp_path, "test_000"), (tmp_path, "test_001")]
    ]
    assert np.abs(pictures[0] - pictures[1]).mean() > 5
    assert np.abs(pictures[0] - pictures[2]).mean() > 5


def test_the_mask_is_where_depth_is_and_every_geometric_domain_follows_it(read):
    z16, mask = read("depth_zbuffer"), read("mask_valid")
    assert np.array_equal(mask == 255, z16 != 65535)
    assert set(np.unique(mask)) == {0, 255}
    assert 0.85 < (mask == 255).mean() < 0.999
    assert np.array_equal(read("depth_euclidean") == 65535, mask == 0)
    assert (read("normal")[mask == 0] == 128).all()
    assert (read("principal_curvature")[mask == 0] == 0).all()
    assert (read("principal_curvature")[mask == 255][:, :2] > 0).all()
    assert (read("reshading")[mask == 0] == 0).all()


def test_depths_are_those_of_rooms_and_the_two_agree(folder, read):
    z16, distance = read("depth_zbuffer"), read("depth_euclidean")
    seen = z16 != 65535
    metres = z16[seen] / 512
    assert metres.min() > 0.3
    assert metres.max() < 9
    assert 1.0 < np.median(metres) < 3.5
    for view in range(0, VIEWS, 5):
        name = f"point_{view}_view_0_domain_point_info.json"
        info = json.loads((folder / "point_info" / "taskonomy" / "test_000" / name).read_text())
        expected = labels.euclidean_depth(z16[view], info["field_of_view_rads"])
        error = np.abs(expected - distance[view])[seen[view]]
        assert np.quantile(error, 0.9) < 2
        assert error.max() < 30


def test_normals_are_unit_vectors_that_mostly_face_the_camera(read):
    values = read("normal")[read("mask_valid") == 255].astype(float) / 127.5 - 1
    assert np.abs(np.linalg.norm(values, axis=-1) - 1).max() < 0.02
    assert (values[:, 2] < 0.1).mean() > 0.75
    assert (values[:, 1] < -0.8).mean() > 0.05


def test_enough_of_the_surface_bends(read):
    curvature = read("principal_curvature").astype(int)
    valid = read("mask_valid") == 255
    bends = (np.abs(curvature[..., :2] - 127) > 6).any(-1) & valid
    assert bends.sum() / valid.sum() >= 0.05


def test_many_classes_are_seen_and_background_leaves_room_for_them(read):
    levels = read("segment_semantic")
    shares = np.bincount(levels.ravel(), minlength=18) / levels.size
    assert levels.max() <= 17
    assert 0 < shares[0] < 0.05
    assert 0.4 < shares[1] < 0.8
    assert (shares[2:] > 0.0005).sum() >= 8


def test_two_dimensional_labels_have_taskonomys_range(read):
    keypoints, edges = read("keypoints2d"), read("edge_texture")
    assert 500 < keypoints.max() < 6000
    assert np.median(keypoints) < 200
    assert 3000 < edges.max() < 16000
    assert 500 < read("edge_occlusion").max() < 10000


def test_labels_are_those_of_the_512_pixel_picture(read):
    lit = room_of(7, "test_000", 0)
    view = view_of(7, "test_000", 1, lit, make_atlas(7))
    expected = labels.average_down(labels.keypoints2d(view.rgb), PIXELS)
    assert np.array_equal(read("keypoints2d")[1], labels.fraction_levels(expected))
    assert np.abs(labels.average_down(view.rgb, PIXELS) - read("rgb")[1]).max() <= 0.51


def test_the_rooms_type_is_a_one_hot_vector(folder):
    place = folder / "class_scene" / "taskonomy" / "test_000"
    for view in range(VIEWS):
        vector = np.load(place / f"point_{view}_view_0_domain_class_scene.npy")
        kind = room_of(7, "test_000", view // VIEWS_PER_ROOM).scene.room.kind
        assert vector.dtype == np.float32
        assert vector.tolist() == [float(name == kind) for name in ROOM_TYPES]


def test_a_building_goes_through_every_type_before_it_repeats_one():
    kinds = [room_of(7, "test_000", room).scene.room.kind for room in range(len(ROOM_TYPES))]
    assert sorted(kinds) == sorted(ROOM_TYPES)


def test_a_size_that_does_not_divide_512_is_refused(tmp_path):
    with pytest.raises(ValueError, match="pixels = 100 does not divide 512"):
        render_building(0, "a", 1, 100, tmp_path, lambda _: None)


def test_the_rooms_package_is_light_to_import():
    heavy = "('scipy', 'skimage', 'PIL', 'torch')"
    code = f"import sys, specbench.data.rooms; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
