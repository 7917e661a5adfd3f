"""NYU Depth v2 as a tree of arrays and as the authors' file: values, splits, faults, a study."""

from __future__ import annotations

import builtins
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from mutations import mutated
from scipy.io import savemat
from small_trees import write_nyu_labelled, write_nyu_tree

from specbench.data.held_out import held_out
from specbench.data.pack import pack_domain
from specbench.data.source import BrokenFileError, Source, make_source
from specbench.errors import DataError
from specbench.testing.sources import SourceContract

SPEC = """\
[data]
kind = "nyuv2"
root = "nyu"
image_size = 16

[tasks.segment_semantic]
[tasks.depth_zbuffer]

[networks]
width = 4
features = 8
decoder.width = 4
decoder.blocks = 2

[training]
epochs = 1
batch_size = 4

[scores.td]
"""


def nyuv2(root: Path, classes: int = 13, missing: str = "refuse") -> Source:
    options = {"classes": classes}
    return make_source({"kind": "nyuv2", "roots": [root], "options": options, "missing": missing})


class TestTree(SourceContract):
    def write(self, folder: Path) -> None:
        write_nyu_tree(folder)

    def open(self, folder: Path) -> Source:
        return nyuv2(folder)


class TestLabelled(SourceContract):
    def write(self, folder: Path) -> None:
        write_nyu_labelled(folder)

    def open(self, folder: Path) -> Source:
        return nyuv2(folder, 4)

    def test_the_stamp_follows_the_files(self, tmp_path: Path) -> None:
        """The one file cannot go; what lies beside it can."""
        source = self.made(tmp_path)
        before = source.stamp("rgb")
        assert self.open(tmp_path / "example").stamp("rgb") == before
        (tmp_path / "example" / "splits.mat").unlink()
        assert self.open(tmp_path / "example").stamp("rgb") != before


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree of arrays."""
    write_nyu_tree(tmp_path / "nyu")
    return tmp_path / "nyu"


def stored(root: Path, name: str, number: int = 0, part: str = "val") -> Any:
    return np.load(root / part / name / f"{number}.npy")


def values(root: Path, domain: str, number: int = 0) -> Any:
    found = nyuv2(root)
    return found.read(found.items(domain)["test"][number], domain)


def test_the_tree_holds_what_mtan_stored(tree: Path) -> None:
    middle = (slice(None), slice(4, 28))  # the centre square of 24 × 32
    assert np.abs(values(tree, "rgb") / 255 - stored(tree, "image")[middle]).max() <= 0.5 / 255
    label = stored(tree, "label")[middle]
    assert np.array_equal(values(tree, "segment_semantic"), np.where(label == -1, 255, label))
    depth = values(tree, "depth_zbuffer")
    assert np.isnan(depth[1, 9]).all(), "no depth was measured there"
    assert np.array_equal(depth == depth, stored(tree, "depth")[middle] > 0)
    assert np.nanmax(np.abs(depth - stored(tree, "depth")[middle])) == 0
    assert np.array_equal(values(tree, "mask_valid"), ~np.isnan(depth[..., 0]))
    normal = values(tree, "normal")
    assert np.isnan(normal[0, 8]).all(), "a vector of length 0 is no direction"
    assert np.nanmax(np.abs(normal - stored(tree, "normal")[middle])) < 1e-6


def test_a_tenth_of_training_is_held_out_and_val_is_the_test_split(tree: Path) -> None:
    items = nyuv2(tree).items("rgb")
    assert {split: len(found) for split, found in items.items()} == {
        "train": 18,
        "val": 2,
        "test": 4,
    }
    assert {item.id.split("/")[0] for item in items["train"] + items["val"]} == {"train"}
    assert {item.id.split("/")[0] for item in items["test"]} == {"val"}


def test_a_test_folder_is_the_test_split(tree: Path) -> None:
    shutil.copytree(tree / "val", tree / "test")
    items = nyuv2(tree).items("rgb")
    assert {s: len(found) for s, found in items.items()} == {"train": 20, "val": 4, "test": 4}


def test_what_is_held_out_depends_on_names_alone() -> None:
    units = [f"unit {number}" for number in range(40)]
    kept = held_out(units)
    assert len(kept) == 4
    assert held_out(reversed(units + units)) == kept
    assert held_out(["one"]) == {"one"}


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("image", np.full((24, 32, 3), 2.0), "colours outside 0 to 1"),
        ("image", np.full((24, 32, 3), np.nan), "colours outside 0 to 1"),
        ("image", np.zeros((24, 32)), "an array of shape (24, 32) where (height, width, 3)"),
        ("label", np.full((24, 32), 13), "class 13 outside 0 to 12"),
        ("label", np.full((24, 32), 0.5), "classes that are no whole numbers"),
        ("label", np.full((24, 32), -2), "class -2 outside 0 to 12"),
        ("depth", np.zeros((24, 32, 2)), "an array of shape (24, 32, 2)"),
        ("depth", np.zeros((24, 32, 1), dtype=bool), "bool where numbers are read"),
        ("normal", np.zeros((0, 0, 3)), "float64 where numbers are read"),
    ],
)
def test_what_no_value_can_be_is_located(
    tree: Path, tmp_path: Path, name: str, array: Any, reason: str
) -> None:
    domain = {"image": "rgb", "label": "segment_semantic", "depth": "depth_zbuffer"}.get(name, name)
    path = tree / "train" / name / "3.npy"
    np.save(path, array)
    with pytest.raises(BrokenFileError) as caught:
        pack_domain(nyuv2(tree), domain, 16, tmp_path / "pack", lambda news: None)
    assert str(caught.value).startswith(f"{path}: {reason}")


def test_a_missing_file_is_located(tree: Path, tmp_path: Path) -> None:
    (tree / "train" / "normal" / "7.npy").unlink()
    with pytest.raises(BrokenFileError, match=r"normal/7\.npy: missing"):
        pack_domain(nyuv2(tree), "normal", 16, tmp_path / "a", lambda news: None)
    source = nyuv2(tree, missing="leave_out")
    manifest = pack_domain(source, "normal", 16, tmp_path / "b", lambda news: None)
    assert [entry["id"] for entry in manifest["broken"]] == ["train/0000007"]


@pytest.mark.parametrize("gone", ["val/depth", "train/depth"])
def test_a_missing_folder_is_named(tree: Path, gone: str) -> None:
    shutil.rmtree(tree / gone)
    with pytest.raises(DataError, match=f"{gone}: no such folder"):
        nyuv2(tree).items("depth_zbuffer")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"neither train/image nor nyu_depth_v2_labeled\.mat"):
        nyuv2(tmp_path)


def test_mutated_arrays_are_read_or_refused_in_words(tree: Path) -> None:
    found = nyuv2(tree)
    item = found.items("depth_zbuffer")["train"][0]
    whole, accepted = item.path.read_bytes(), 0
    for seed in range(300):
        with suppress(BrokenFileError):
            content = mutated(whole, random.Random(seed))
            found.decode(content, item, found.domain("depth_zbuffer"))
            accepted += 1
    assert 0 < accepted < 300


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A small file in the authors' form."""
    (tmp_path / "nyu").mkdir()
    write_nyu_labelled(tmp_path / "nyu")
    return tmp_path / "nyu"


def test_the_file_holds_matlab_arrays(labelled: Path) -> None:
    found = nyuv2(labelled, 4)
    items = {domain: found.items(domain)["test"][1] for domain in found.domains()}
    with h5py.File(labelled / "nyu_depth_v2_labeled.mat") as file:
        row = items["rgb"].row
        image = np.transpose(file["images"][row], (2, 1, 0))[:, 4:28]
        depth, kinds = file["depths"][row].T[:, 4:28], file["labels"][row].T[:, 4:28]
    assert np.array_equal(found.read(items["rgb"], "rgb"), image)
    assert np.array_equal(found.read(items["depth_zbuffer"], "depth_zbuffer")[..., 0], depth)
    classes = found.read(items["segment_semantic"], "segment_semantic")
    assert np.array_equal(classes, np.array([255, 0, 1, 2, 3, 3, 255])[kinds])


def test_the_official_division_is_read_and_scenes_are_held_out(labelled: Path) -> None:
    items = nyuv2(labelled, 4).items("rgb")
    assert sorted(i.row for s in ("train", "val") for i in items[s]) == list(range(12))
    assert [item.row for item in items["test"]] == [12, 13, 14, 15]
    kept = [item.row for item in items["val"]]
    assert len(kept) == 2
    assert kept[1] == kept[0] + 1, "both frames of one scene"


def test_without_it_whole_scenes_are_divided(tmp_path: Path) -> None:
    write_nyu_labelled(tmp_path, official=False)
    items = nyuv2(tmp_path, 4).items("rgb")
    assert sum(map(len, items.values())) == 18
    scenes = {split: {item.row // 2 for item in found} for split, found in items.items()}
    assert not scenes["train"] & (scenes["val"] | scenes["test"])


def test_without_a_mapping_there_are_no_classes(labelled: Path) -> None:
    found = nyuv2(labelled, 40)
    assert found.domains() == ["depth_zbuffer", "mask_valid", "rgb"]
    with pytest.raises(DataError, match=r"classMapping40\.mat: no such file"):
        found.domain("segment_semantic")
    with pytest.raises(DataError, match="has no normal"):
        found.domain("normal")


def test_another_mapping_is_another_data_set(labelled: Path) -> None:
    before = {name: nyuv2(labelled, 4).fingerprint(name) for name in ("rgb", "segment_semantic")}
    mapping = {"mapClass": np.array([[4, 2, 3, 1, 1, 0]], dtype=np.uint8)}
    savemat(labelled / "classMapping4.mat", mapping)
    after = {name: nyuv2(labelled, 4).fingerprint(name) for name in before}
    assert {name for name in before if before[name] != after[name]} == {"segment_semantic"}


def test_kinds_beyond_the_mapping_are_located(labelled: Path) -> None:
    with h5py.File(labelled / "nyu_depth_v2_labeled.mat", "r+") as file:
        file["labels"][2, 16, 12] = 7
    found = nyuv2(labelled, 4)
    (item,) = (i for items in found.items("rgb").values() for i in items if i.row == 2)
    split = next(s for s, items in found.items("rgb").items() if item in items)
    (label,) = (i for i in found.items("segment_semantic")[split] if i.row == 2)
    with pytest.raises(BrokenFileError, match="beyond the 6 that are mapped in image 0002"):
        found.read(label, "segment_semantic")


def test_reading_it_needs_the_extra(labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "h5py":
            raise ImportError(name)
        return genuine(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DataError) as caught:
        nyuv2(labelled, 4).items("rgb")
    assert "reading it needs h5py" in str(caught.value)
    assert "specbench[nyuv2]" in caught.value.hint


def test_mutated_files_are_read_or_refused_in_words(labelled: Path) -> None:
    """Not those beside it: SciPy's reader of old MATLAB files ends the process on some of them."""
    path = labelled / "nyu_depth_v2_labeled.mat"
    whole, accepted = path.read_bytes(), 0
    for seed in range(60):
        path.write_bytes(mutated(whole, random.Random(seed)))
        found = nyuv2(labelled, 4)
        with suppress(DataError):
            item = found.items("segment_semantic")["train"][0]
            found.read(item, "segment_semantic")
            accepted += 1
    assert accepted < 60


@pytest.mark.parametrize("maker", [write_nyu_tree, write_nyu_labelled])
def test_a_study_runs(
    tmp_path: Path, study: Any, runner: Any, inline: Any, maker: Callable[[Path], None]
) -> None:
    (tmp_path / "nyu").mkdir()
    maker(tmp_path / "nyu")
    classes = 13 if maker is write_nyu_tree else 4
    made = study(SPEC, f"data.classes={classes}")
    assert made.base.tasks["segment_semantic"].classes == classes
    outcome = runner(made, inline())
    assert outcome.ok, outcome.failures
