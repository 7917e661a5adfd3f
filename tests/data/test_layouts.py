from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specbench.data.source import SPLITS, make_source
from specbench.data.taskonomy import TaskonomySource
from specbench.errors import DataError

THREE = {"train": "ackley", "val": "bonfield", "test": "cosmos"}
NAMES = ["rgb", "depth_zbuffer", "segment_semantic", "mask_valid", "class_scene"]


@pytest.mark.parametrize("layout", ["official", "archives", "buildings"])
def test_the_layouts_of_buildings_give_the_same_ids(tree: Callable[..., Any], layout: str) -> None:
    source = TaskonomySource([tree(NAMES, layout).root])
    assert source.domains() == sorted(NAMES)
    assert source.splits() == {split: [building] for split, building in THREE.items()}
    for name in NAMES:
        items = source.items(name)
        assert list(items) == list(SPLITS)
        for split, building in THREE.items():
            ids = [item.id for item in items[split]]
            assert ids == [f"{building}/point_0_view_0", f"{building}/point_1_view_1"]
            for item in items[split]:
                assert item.path.is_file()
                source.read(item, name)


def test_the_sample_layout_is_split_by_point(tree: Callable[..., Any]) -> None:
    root = tree(["rgb", "mask_valid"], "sample", points=40).root
    source = make_source({"kind": "taskonomy", "roots": [root], "split_by": "point"})
    ids = {split: [item.id for item in listed] for split, listed in source.items("rgb").items()}
    assert sum(map(len, ids.values())) == 40
    assert all(image.startswith("data/point_") for listed in ids.values() for image in listed)
    assert len(ids["train"]) > len(ids["val"]) > 0
    masks = source.items("mask_valid")
    assert ids == {split: [item.id for item in listed] for split, listed in masks.items()}
    assert source.splits() == {split: ["data"] for split in SPLITS}


def test_all_views_of_a_point_share_a_split(tree: Callable[..., Any]) -> None:
    made = tree(["rgb"], points=30)
    for point in range(30):
        made.put("rgb", "ackley", f"point_{point}_view_7")
    source = TaskonomySource([made.root], split_by="point")
    seen: dict[str, str] = {}
    for split, listed in source.items("rgb").items():
        for item in listed:
            assert seen.setdefault(item.id.partition("_view_")[0], split) == split


@pytest.mark.parametrize(
    ("domain", "suffix"),
    [
        ("segment_semantic", "segmentsemantic"),
        ("segment_semantic", "segment_semantic"),
        ("mask_valid", "mask_valid"),
        ("mask_valid", "depth_zbuffer"),
        ("class_scene", "class_places"),
        ("class_scene", "class_scene"),
    ],
)
def test_file_names_that_do_not_follow_the_folder(
    tree: Callable[..., Any], domain: str, suffix: str
) -> None:
    made = tree(["rgb"])
    for building in THREE.values():
        path = made.put(domain, building, "point_0_view_0", suffix=suffix)
    assert TaskonomySource([made.root]).items(domain)["test"][0].path == path


def test_the_usual_suffix_wins_and_foreign_files_are_passed_over(
    tree: Callable[..., Any],
) -> None:
    made = tree(["rgb", "mask_valid"])
    made.put("mask_valid", "ackley", "point_0_view_0", suffix="depth_zbuffer")
    made.put("mask_valid", "ackley", "point_9_view_9", suffix="rgb")
    (made.path("rgb", "ackley", "x").parent / "Thumbs.db").touch()
    items = TaskonomySource([made.root]).items("mask_valid")["train"]
    assert [item.name for item in items] == [
        "point_0_view_0_domain_mask_valid.png",
        "point_1_view_1_domain_mask_valid.png",
    ]


def test_several_roots_are_merged(tmp_path: Path, tree: Callable[..., Any]) -> None:
    first = tree(["rgb"])
    second = type(first)(tmp_path / "more", "archives")
    second.fill(["rgb"], ["dell"], 1)
    splits = {"train": ["ackley", "dell"], "val": ["bonfield"], "test": ["cosmos"]}
    source = make_source({"roots": [first.root, second.root], "splits": splits})
    assert source.splits() == splits
    assert source.items("rgb")["train"][-1].id == "dell/point_0_view_0"


def test_an_image_found_twice_is_refused(tree: Callable[..., Any]) -> None:
    made = tree(["rgb"])
    made.layout = "archives"
    made.put("rgb", "ackley", "point_0_view_0")
    with pytest.raises(DataError, match=r"ackley_rgb.*the same image as|the same.*ackley_rgb"):
        TaskonomySource([made.root]).items("rgb")


def test_a_missing_domain_names_what_was_looked_for_and_found(tree: Callable[..., Any]) -> None:
    source = TaskonomySource([tree(["rgb", "mask_valid"]).root])
    with pytest.raises(DataError) as caught:
        source.items("normal")
    for words in ("no folder of domain normal", "normal/taskonomy/<building>/", "mask_valid, rgb"):
        assert words in str(caught.value)
    with pytest.raises(DataError, match="'normals'; the nearest is normal"):
        source.items("normals")


def test_a_folder_without_fitting_files_is_named(tree: Callable[..., Any]) -> None:
    made = tree(["rgb"])
    made.put("normal", "ackley", "point_0_view_0", suffix="rgb")
    with pytest.raises(DataError, match=r"normal/taskonomy/ackley.*_domain_normal\.png"):
        TaskonomySource([made.root]).items("normal")


def test_buildings_outside_the_splits(tree: Callable[..., Any]) -> None:
    made = tree(["rgb"])
    made.csv({"ackley": "train", "bonfield": "", "elsewhere": "val"})
    assert list(map(len, TaskonomySource([made.root]).items("rgb").values())) == [2, 0, 0]
    made.csv({"elsewhere": "val"})
    with pytest.raises(DataError, match=r"3 buildings.*ackley, bonfield, cosmos.*elsewhere"):
        TaskonomySource([made.root]).items("rgb")
    (made.root / "splits.csv").unlink()
    with pytest.raises(DataError, match=r"splits\.csv.*data\.split_by"):
        TaskonomySource([made.root]).items("rgb")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "imagenet", "roots": ["."]}, "'imagenet'.*taskonomy, arrays"),
        ({"roots": []}, r"no data folder.*data\.root"),
        ({"roots": ["/no/such"]}, "/no/such: no such folder"),
        ({"roots": ["."], "missing": "ignore"}, "'ignore'.*refuse, leave_out"),
        ({"roots": ["."], "split_by": "room"}, "'room'.*building, point"),
        ({"kind": "arrays", "roots": ["a", "b"]}, "one folder"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        make_source(settings)
