import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.data.array_file import ArrayFile
from specbench.data.domains import DOMAINS, IGNORED
from specbench.data.ids import read_ids
from specbench.data.pack import pack_domain, read_manifest
from specbench.data.resize import downsample
from specbench.data.source import BrokenFileError, Source, make_source
from specbench.data.taskonomy import TaskonomySource
from specbench.errors import DataError


def quiet(_: dict[str, Any]) -> None:
    pass


def packed(source: Source, domain: str, folder: Path, size: int = 8) -> dict[str, Any]:
    return pack_domain(source, domain, size, folder / domain, quiet)


def prints(manifest: dict[str, Any]) -> dict[str, str]:
    return {split: entry["fingerprint"] for split, entry in manifest["splits"].items()}


SHAPES = {
    "image": (np.uint8, (3, 8, 8)),
    "continuous": (np.float32, (-1, 8, 8)),
    "normal": (np.float32, (3, 8, 8)),
    "classes": (np.uint8, (8, 8)),
    "image_class": (np.int64, ()),
    "mask": (np.bool_, (8, 8)),
}


@pytest.mark.parametrize("domain", list(DOMAINS))
def test_every_domain_is_packed_in_its_form(
    tree: Callable[..., Any], tmp_path: Path, domain: str
) -> None:
    source = TaskonomySource([tree(sorted({"rgb", domain})).root])
    manifest = packed(source, domain, tmp_path)
    known = DOMAINS[domain]
    dtype, shape = SHAPES[known.form]
    assert manifest == read_manifest(tmp_path / domain) == json.loads(json.dumps(manifest))
    assert (manifest["form"], manifest["channels"]) == (known.form, known.channels)
    assert manifest["classes"] == (6 if domain == "class_scene" else known.classes)
    for split, listed in source.items(domain).items():
        array = np.load(tmp_path / domain / f"{split}.npy")
        assert array.dtype == dtype
        assert array.shape == (2, *(known.channels if n == -1 else n for n in shape))
        assert read_ids(tmp_path / domain / f"{split}.ids") == [item.id for item in listed]
        for row, item in zip(array, listed, strict=True):
            value = downsample(source.read(item, domain), known.form, 8)
            expected = np.moveaxis(value, -1, 0) if value.ndim == 3 else value
            assert np.array_equal(row, expected, equal_nan=known.form in ("continuous", "normal"))


def test_fingerprints_are_those_of_the_files(tree: Callable[..., Any], tmp_path: Path) -> None:
    made = tree(["rgb", "normal"])
    source = TaskonomySource([made.root])
    manifest = packed(source, "normal", tmp_path)
    news: list[dict[str, Any]] = []
    assert source.fingerprint("normal", news.append) == prints(manifest)
    assert news == [{"done": 6, "total": 6}]
    moved = shutil.copytree(made.root, tmp_path / "elsewhere")
    assert TaskonomySource([moved]).fingerprint("normal") == prints(manifest)
    path = made.path("normal", "bonfield", "point_1_view_1")
    path.write_bytes(made.path("normal", "bonfield", "point_0_view_0").read_bytes())
    changed = TaskonomySource([made.root]).fingerprint("normal")
    assert changed["val"] != prints(manifest)["val"]
    assert changed["train"] == prints(manifest)["train"]


def test_the_stamp_changes_when_files_come_go_or_change_split(tree: Callable[..., Any]) -> None:
    made = tree(["rgb", "normal", "mask_valid"])

    def stamps() -> tuple[str, str]:
        source = TaskonomySource([made.root])
        return source.stamp("normal"), source.stamp("mask_valid")

    first = stamps()
    assert first == stamps()
    folder = made.path("normal", "ackley", "x").parent
    before = folder.stat()
    path = made.put("normal", "ackley", "point_9_view_9")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))  # a clock too coarse to tell
    second = stamps()
    assert second[0] != first[0]
    assert second[1] == first[1]
    path.unlink()
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert stamps() == first
    made.put("rgb", "ackley", "point_9_view_9")  # now normal lacks one
    third = stamps()
    assert third[0] != first[0]
    made.csv({"ackley": "train", "bonfield": "test", "cosmos": "val"})
    assert all(new != old for new, old in zip(stamps(), third, strict=True))


def test_the_stamp_knows_inline_splits_and_points(tree: Callable[..., Any]) -> None:
    root = tree(["rgb"]).root
    settings: list[dict[str, Any]] = [
        {},
        {"split_by": "point"},
        {"splits": {"train": ["ackley"]}},
        {"splits": {"val": ["ackley"]}},
    ]
    assert len({make_source({"roots": [root], **s}).stamp("rgb") for s in settings}) == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n", "the file is cut short, damaged or no PNG"),
        (None, "missing"),
    ],
)
def test_a_bad_file_is_refused_by_name_or_left_out_and_counted(
    tree: Callable[..., Any], tmp_path: Path, content: bytes | None, reason: str
) -> None:
    made = tree(["rgb", "depth_zbuffer"])
    path = made.path("depth_zbuffer", "ackley", "point_1_view_1")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(BrokenFileError, match="leave_out") as caught:
        packed(TaskonomySource([made.root]), "depth_zbuffer", tmp_path)
    assert str(caught.value).startswith(f"{path}: {reason}")
    source = TaskonomySource([made.root], missing="leave_out")
    manifest = packed(source, "depth_zbuffer", tmp_path)
    entry = {"split": "train", "id": "ackley/point_1_view_1", "path": str(path), "reason": reason}
    assert manifest["broken"] == [entry]
    assert manifest["splits"]["train"]["images"] == 1
    assert np.load(tmp_path / "depth_zbuffer" / "train.npy").shape == (1, 1, 8, 8)
    assert read_ids(tmp_path / "depth_zbuffer" / "train.ids") == ["ackley/point_0_view_0"]
    assert source.fingerprint("depth_zbuffer") == prints(manifest)


def test_many_missing_files_are_counted_in_the_message(
    tree: Callable[..., Any], tmp_path: Path
) -> None:
    made = tree(["rgb", "normal"])
    for building in ("ackley", "bonfield", "cosmos"):
        made.path("normal", building, "point_0_view_0").unlink()
    with pytest.raises(DataError, match=r"ackley/point_0.*missing \(and 2 more of normal\)"):
        packed(TaskonomySource([made.root]), "normal", tmp_path)


def test_a_missing_building_is_missing_files(tree: Callable[..., Any], tmp_path: Path) -> None:
    made = tree(["rgb", "normal"])
    made.csv({"ackley": "train", "dell": "train", "bonfield": "val", "cosmos": "test"})
    made.put("rgb", "dell", "point_0_view_0")
    manifest = packed(TaskonomySource([made.root], missing="leave_out"), "normal", tmp_path)
    assert [(entry["id"], entry["reason"]) for entry in manifest["broken"]] == [
        ("dell/point_0_view_0", "missing")
    ]


def test_nothing_left_is_an_error_even_when_leaving_out(
    tree: Callable[..., Any], tmp_path: Path
) -> None:
    made = tree(["rgb"])
    for point in range(2):
        made.put("rgb", "bonfield", f"point_{point}_view_{point}", b"")
    with pytest.raises(DataError, match=r"bonfield.*empty; all 2 images of val"):
        packed(TaskonomySource([made.root], missing="leave_out"), "rgb", tmp_path)
    made.csv({"ackley": "train"})
    with pytest.raises(DataError, match=r"split val has no image.*data\.splits"):
        packed(TaskonomySource([made.root]), "rgb", tmp_path)


def test_files_smaller_than_asked_are_named(tree: Callable[..., Any], tmp_path: Path) -> None:
    source = TaskonomySource([tree(["rgb"]).root], missing="leave_out")
    with pytest.raises(DataError, match=r"point_0_view_0_domain_rgb\.png: .*16×16.*16 or less"):
        packed(source, "rgb", tmp_path, size=32)


def test_uncertain_pixels_stay_ignored(tree: Callable[..., Any], tmp_path: Path) -> None:
    source = TaskonomySource([tree(["rgb", "segment_semantic"]).root])
    packed(source, "segment_semantic", tmp_path, 16)
    classes = np.load(tmp_path / "segment_semantic" / "train.npy")
    assert set(np.unique(classes).tolist()) <= {*range(17), IGNORED}
    assert IGNORED in classes


def test_progress_is_reported(tree: Callable[..., Any], tmp_path: Path) -> None:
    source = TaskonomySource([tree(["rgb"], points=40, pixels=4).root])
    news: list[dict[str, Any]] = []
    pack_domain(source, "rgb", 4, tmp_path / "rgb", news.append)
    assert [item["done"] for item in news] == [50, 100, 120]
    assert {item["total"] for item in news} == {120}


def test_an_array_file_grows_by_rows(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).random((1234, 3, 2)).astype(np.float32)
    with ArrayFile(tmp_path / "a.npy", np.float32, (3, 2)) as out:
        for row in rows:
            out.append(row)
        with pytest.raises(ValueError, match="shape"):
            out.append(rows)
    assert np.array_equal(np.load(tmp_path / "a.npy"), rows)
    with ArrayFile(tmp_path / "b.npy", np.int64, ()) as out:
        pass
    assert np.load(tmp_path / "b.npy").shape == (0,)


def test_an_unpacked_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pack\.json: no such file"):
        read_manifest(tmp_path)


def test_real_frames(tmp_path: Path) -> None:
    folder = os.environ.get("SPECBENCH_TEST_SEVENSCENES")
    if not folder:
        pytest.skip("SPECBENCH_TEST_SEVENSCENES names no folder of real frames")
    source = make_source({"kind": "taskonomy", "roots": [folder]})
    for domain in ("rgb", "depth_zbuffer", "normal", "mask_valid"):
        packed(source, domain, tmp_path, 64)
    depth = np.load(tmp_path / "depth_zbuffer" / "test.npy")
    mask = np.load(tmp_path / "mask_valid" / "test.npy")
    assert np.isfinite(depth[:, 0][mask]).all()
    assert 0.3 < np.nanmin(depth) < np.nanmax(depth) < 10
    assert 0.5 < mask.mean() < 1
    normal = np.load(tmp_path / "normal" / "test.npy")
    assert np.nanmean(normal[:, 2]) < 0  # surfaces that are seen face the camera
