"""Frames with depth labelled by Taskonomy's formulas: geometry, splits, faults, real frames."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutations import mutated
from PIL import Image
from small_trees import write_rgbd

from specbench.data import labels
from specbench.data.pack import pack_domain
from specbench.data.rgbd import RGBD_DOMAINS
from specbench.data.rgbd.geometry import Intrinsics, depth_at_label_size
from specbench.data.rgbd.pattern import Frame, Pattern
from specbench.data.rgbd.source import of_colour, of_depth
from specbench.data.source import BrokenFileError, Source, make_source
from specbench.errors import DataError, SpecError
from specbench.spec.load import load
from specbench.testing.sources import SourceContract

CAMERA = [60.0, 60.0, 31.5, 23.5]
SPEC = """\
[data]
kind = "rgbd"
root = "frames"
intrinsics = [60.0, 60.0, 31.5, 23.5]
image_size = 16

[tasks.depth_zbuffer]
[tasks.normal]
[tasks.edge_texture]

[networks]
width = 4
features = 8
decoder.width = 4
decoder.blocks = 2
groups = ["singles", "all"]

[training]
epochs = 1
batch_size = 4

[scores.td]
"""


def rgbd(root: Path, missing: str = "refuse", **options: Any) -> Source:
    given: Mapping[str, Any] = {"intrinsics": CAMERA, **options}
    return make_source({"kind": "rgbd", "roots": [root], "options": given, "missing": missing})


class TestRgbd(SourceContract):
    def write(self, folder: Path) -> None:
        write_rgbd(folder)

    def open(self, folder: Path) -> Source:
        return rgbd(folder)


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A small recording of three places."""
    write_rgbd(tmp_path / "frames")
    return tmp_path / "frames"


def plane(normal: np.ndarray, distance: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the depth of the plane n·p = −distance along the rays (x, y, 1)."""
    return (-distance / (normal[0] * x + normal[1] * y + normal[2])).astype(np.float32)


def test_the_normal_of_a_plane_is_the_planes() -> None:
    tilted = np.array([0.3, -0.2, -0.9]) / np.linalg.norm([0.3, -0.2, -0.9])
    x, y = Intrinsics(70.0, 65.0, 30.0, 25.0).rays(48, 64)
    depth = plane(tilted, 2.0, x, y)
    found = of_depth("normal", depth, x, y)
    assert np.abs(found - tilted).max() < 1e-3
    distance = of_depth("depth_euclidean", depth, x, y)[..., 0]
    points = np.stack([depth * x, depth * y, depth], axis=-1)
    assert np.allclose(distance, np.linalg.norm(points, axis=-1), rtol=1e-5)


def test_shading_is_the_cosine_under_a_lamp_that_fades() -> None:
    x, y = Intrinsics(70.0, 70.0, 15.5, 15.5).rays(32, 32)
    facing = np.full((32, 32), 2.0, np.float32)
    found = of_depth("reshading", facing, x, y)[..., 0]
    square = 1 + x**2 + y**2
    assert np.allclose(found, 1 / np.sqrt(square) / (1 + 4 * square / 25), atol=1e-4)


def test_unknown_depth_is_no_label() -> None:
    x, y = Intrinsics(70.0, 70.0, 15.5, 15.5).rays(32, 32)
    depth = np.full((32, 32), 2.0, np.float32)
    depth[10:14, 10:14] = np.nan
    for domain in ("depth_zbuffer", "depth_euclidean", "normal", "reshading"):
        found = of_depth(domain, depth, x, y)
        assert np.isnan(found[10:14, 10:14]).all(), domain
        assert np.isfinite(found[20:, 20:]).all(), domain
    assert np.array_equal(of_depth("mask_valid", depth, x, y), np.isfinite(depth))
    edges = of_depth("edge_occlusion", depth, x, y)[..., 0]
    assert np.nanmax(edges) < 1e-6, "the border of a hole is no edge"
    assert np.isnan(edges[12 * 16, 12 * 16])


def test_an_occlusion_edge_is_found_at_label_size() -> None:
    depth = np.full((64, 64), 1.0, np.float32)
    depth[:, 32:] = 3.0
    x, y = Intrinsics(70.0, 70.0, 31.5, 31.5).rays(64, 64)
    found = of_depth("edge_occlusion", depth, x, y)
    assert found.shape == (512, 512, 1)
    assert set(np.flatnonzero(found[100, :, 0] > 1e-3) // 8) == {31, 32}
    same = labels.edge_occlusion(labels.depth_levels(depth_at_label_size(depth)))
    assert np.array_equal(found[..., 0], same)


def test_what_is_made_of_colour_is_taskonomys(frames: Path) -> None:
    found = rgbd(frames)
    item = found.items("rgb")["train"][0]
    square = np.asarray(Image.open(item.path))[:, 8:56]
    assert np.array_equal(found.read(item, "rgb"), square)
    large = np.asarray(Image.fromarray(square).resize((512, 512), Image.Resampling.BICUBIC))
    for domain, formula in (
        ("keypoints2d", labels.keypoints2d),
        ("edge_texture", labels.edge_texture),
    ):
        read = found.read(found.items(domain)["train"][0], domain)
        assert np.array_equal(read[..., 0], formula(large))


def test_a_picture_of_512_pixels_is_taken_as_it_is() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (512, 512, 3)).astype(np.uint8)
    assert np.array_equal(of_colour("edge_texture", rgb)[..., 0], labels.edge_texture(rgb))


def test_depth_is_in_metres_and_the_square_keeps_the_camera(frames: Path) -> None:
    found = rgbd(frames)
    item = found.items("depth_zbuffer")["train"][0]
    levels = np.asarray(Image.open(item.path))[:, 8:56]
    depth = found.read(item, "depth_zbuffer")[..., 0]
    assert np.array_equal(np.isnan(depth), levels == 0)
    assert np.nanmax(np.abs(depth - levels / 1000)) < 5e-4
    tenth = rgbd(frames, levels_per_metre=5000.0).read(item, "depth_zbuffer")[..., 0]
    assert np.nanmax(np.abs(tenth * 5 - depth)) < 1e-5
    x, y = Intrinsics(*CAMERA).rays(48, 64)
    whole = (np.arange(64) - 31.5) / 60, (np.arange(48) - 23.5) / 60
    assert np.allclose(x[0], whole[0][8:56])
    assert np.allclose(y[:, 0], whole[1])


def test_places_are_divided_by_the_table_or_by_hash(frames: Path) -> None:
    assert rgbd(frames).splits() == {"train": ["hall"], "val": ["kitchen"], "test": ["office"]}
    (frames / "splits.csv").rename(frames / "mine.csv")
    named = rgbd(frames, splits=str(frames / "mine.csv"))
    assert named.splits() == rgbd_splits
    by_place = rgbd(frames).splits()
    assert sorted(place for places in by_place.values() for place in places) == [
        "hall",
        "kitchen",
        "office",
    ]
    by_frame = rgbd(frames, split_by="frame").splits()
    assert sum(map(len, by_frame.values())) == 16


rgbd_splits = {"train": ["hall"], "val": ["kitchen"], "test": ["office"]}


@pytest.mark.parametrize(
    ("text", "frame", "path"),
    [
        ("{place}/rgb/{frame}.png", Frame("a", "7"), "a/rgb/7.png"),
        (
            "{place}/{frame}.color.png",
            Frame("seq-01", "frame-000001"),
            "seq-01/frame-000001.color.png",
        ),
        ("colour/{frame}.jpg", Frame("", "x.y"), "colour/x.y.jpg"),
    ],
)
def test_patterns_find_what_they_write(tmp_path: Path, text: str, frame: Frame, path: str) -> None:
    pattern = Pattern("rgb", text)
    assert pattern.path(frame) == path
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    (tmp_path / "other.png").touch()
    assert pattern.frames(tmp_path) == [frame]


@pytest.mark.parametrize("text", ["rgb/*.png", "{frame}/{frame}.png", "../{frame}.png", "/{frame}"])
def test_other_patterns_are_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"data\.depth = .* it needs \{frame\} once"):
        Pattern("depth", text)


def test_a_folder_without_such_files_is_refused(frames: Path) -> None:
    with pytest.raises(DataError, match=r"no file \{place\}/color/\{frame\}\.png"):
        rgbd(frames, rgb="{place}/color/{frame}.png").items("rgb")


def test_faults_are_located_and_left_out(frames: Path, tmp_path: Path) -> None:
    missing = frames / "hall" / "depth" / "frame-000002.png"
    missing.unlink()
    with pytest.raises(BrokenFileError) as caught:
        pack_domain(rgbd(frames), "normal", 16, tmp_path / "a", lambda news: None)
    assert str(caught.value).startswith(f"{missing}: missing")
    broken = frames / "hall" / "depth" / "frame-000003.png"
    Image.fromarray(np.zeros((48, 64), np.uint8)).save(broken)
    source = rgbd(frames, "leave_out")
    manifest = pack_domain(source, "normal", 16, tmp_path / "b", lambda news: None)
    assert {entry["path"]: entry["reason"] for entry in manifest["broken"]} == {
        str(missing): "missing",
        str(broken): "8-bit grey where 16-bit grey is expected",
    }


@pytest.mark.parametrize("domain", ["rgb", "reshading"])
def test_mutated_files_are_read_or_refused_in_words(frames: Path, domain: str) -> None:
    found = rgbd(frames)
    item = found.items(domain)["train"][0]
    whole, accepted = item.path.read_bytes(), 0
    for seed in range(200):
        with suppress(BrokenFileError):
            found.decode(mutated(whole, random.Random(seed)), item, found.domain(domain))
            accepted += 1
    assert accepted < 200


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.intrinsics=[1.0, 2.0]", "data.intrinsics"),
        ("data.intrinsics=[0.0, 60.0, 31.5, 23.5]", "data.intrinsics"),
        ("data.rgb='x.png'", "data.rgb"),
        ("data.split_by='room'", "data.split_by = 'room' is none of place, frame"),
        ("tasks.principal_curvature={}", "which a source of kind 'rgbd' does not have"),
    ],
)
def test_wrong_settings_are_located(write: Any, override: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(write(SPEC), [override])
    assert str(caught.value).startswith(f"--set {override}: ")
    assert said in str(caught.value)


def test_a_study_runs_and_the_camera_is_in_its_keys(
    frames: Path, study: Any, runner: Any, inline: Any
) -> None:
    from specbench.plan.grid import expand

    assert set(RGBD_DOMAINS) > {"depth_zbuffer", "normal", "edge_texture"}
    outcome = runner(study(SPEC), inline())
    assert outcome.ok, outcome.failures
    before = {cell.key for cell in expand(study(SPEC), runner.results).networks}
    turned = study(SPEC, "data.intrinsics=[61.0, 60.0, 31.5, 23.5]")
    assert runner(turned, inline()).ok
    assert not before & {cell.key for cell in expand(turned, runner.results).networks}


SEVEN_SCENES = os.environ.get("SPECBENCH_TEST_SEVENSCENES")
"""Folder of the real frames; tests that want it skip where it is not named."""

needs_frames = pytest.mark.skipif(
    SEVEN_SCENES is None, reason="SPECBENCH_TEST_SEVENSCENES names no folder of real frames"
)


@pytest.fixture(scope="module")
def real() -> tuple[Source, Source]:
    """The same real frames: labelled here from colour and depth, and as their tree labels them."""
    here = rgbd(
        Path(str(SEVEN_SCENES)),
        rgb="rgb/taskonomy/{place}/{frame}_domain_rgb.png",
        depth="depth_zbuffer/taskonomy/{place}/{frame}_domain_depth_zbuffer.png",
        levels_per_metre=512.0,
        intrinsics=[156.0, 156.0, 63.5, 63.5],
    )
    return here, make_source({"kind": "taskonomy", "roots": [SEVEN_SCENES]})


def both(real: tuple[Source, Source], domain: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what a domain is of every tenth test frame: made here, and stored in the tree."""
    made, stored = (
        [source.read(item, domain) for item in source.items(domain)["test"][::10]]
        for source in real
    )
    sized = [labels.average_down(one, 128) if len(one) == 512 else one for one in made]
    return np.stack(sized), np.stack(stored)


@needs_frames
def test_real_frames_are_the_trees(real: tuple[Source, Source]) -> None:
    here, tree = real
    for split, items in tree.items("rgb").items():
        assert len(items) == len(here.items("rgb")[split])
    for domain in ("rgb", "depth_zbuffer", "mask_valid"):
        made, stored = both(real, domain)
        assert np.array_equal(made, stored, equal_nan=domain == "depth_zbuffer"), domain


@needs_frames
def test_distances_of_real_frames_agree_to_a_level(real: tuple[Source, Source]) -> None:
    made, stored = both(real, "depth_euclidean")
    assert np.nanmax(np.abs(made - stored)) < 2 / 512


@needs_frames
def test_normals_of_real_frames_agree_as_noise_lets_them(real: tuple[Source, Source]) -> None:
    """The tree's were made at 512 pixels, before depth was averaged down and rounded."""
    made, stored = both(real, "normal")
    cosines = (made * stored).sum(axis=-1)
    angles = np.degrees(np.arccos(np.clip(cosines[np.isfinite(cosines)], -1, 1)))
    assert np.median(angles) < 12
    assert (angles < 30).mean() > 0.88


@needs_frames
@pytest.mark.parametrize(
    ("domain", "least"), [("keypoints2d", 0.99), ("edge_texture", 0.98), ("edge_occlusion", 0.7)]
)
def test_what_is_made_at_512_pixels_agrees_though_frames_were_stored_at_128(
    real: tuple[Source, Source], domain: str, least: float
) -> None:
    made, stored = both(real, domain)
    known = np.isfinite(made) & np.isfinite(stored)
    assert np.corrcoef(made[known], stored[known])[0, 1] > least
