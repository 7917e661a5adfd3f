"""Cityscapes as it is unpacked: classes, depth from disparity, cities, faults, a study."""

from __future__ import annotations

import json
import random
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutations import mutated
from PIL import Image
from small_trees import write_cityscapes

from specbench.data.cityscapes import CITYSCAPES_DOMAINS, CLASS_OF_ID
from specbench.data.cityscapes.source import disparity
from specbench.data.pack import pack_domain
from specbench.data.source import BrokenFileError, Source, make_source
from specbench.errors import DataError
from specbench.testing.sources import SourceContract

SPEC = """\
[data]
kind = "cityscapes"
root = "streets"
image_size = 16

[tasks.segment_semantic]
[tasks.disparity]
[tasks.depth_zbuffer]

[networks]
width = 4
features = 8
decoder.width = 4
decoder.blocks = 2
groups = ["singles", "all"]

[training]
epochs = 1
batch_size = 4

[scores.rsa]
"""


def cityscapes(root: Path, missing: str = "refuse") -> Source:
    return make_source({"kind": "cityscapes", "roots": [root], "missing": missing})


class TestCityscapes(SourceContract):
    def write(self, folder: Path) -> None:
        write_cityscapes(folder)

    def open(self, folder: Path) -> Source:
        return cityscapes(folder)


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """A small tree."""
    write_cityscapes(tmp_path / "streets")
    return tmp_path / "streets"


def test_the_nineteen_classes_are_torchvisions() -> None:
    """Its table is the data set's own."""
    from torchvision.datasets import Cityscapes

    evaluated = [entry for entry in Cityscapes.classes if not entry.ignore_in_eval]
    assert sorted(entry.train_id for entry in evaluated) == list(range(19))
    named = {entry.id: entry.name for entry in sorted(evaluated, key=lambda e: e.train_id)}
    assert list(CLASS_OF_ID.items()) == list(named.items())
    assert CITYSCAPES_DOMAINS["segment_semantic"].class_names == tuple(named.values())


def test_ids_become_classes_and_void_is_ignored(streets: Path) -> None:
    found = cityscapes(streets)
    item = found.items("segment_semantic")["test"][0]
    ids = np.asarray(Image.open(item.path))[:, 16:48]
    classes = found.read(item, "segment_semantic")
    order = list(CLASS_OF_ID)
    for number in range(34):
        expected = order.index(number) if number in CLASS_OF_ID else 255
        assert (classes[ids == number] == expected).all(), number


def test_depth_is_baseline_times_focal_length_over_disparity(streets: Path) -> None:
    found = cityscapes(streets)
    levels = np.asarray(Image.open(found.items("disparity")["test"][0].path))[:, 16:48]
    shift = found.read(found.items("disparity")["test"][0], "disparity")[..., 0]
    depth = found.read(found.items("depth_zbuffer")["test"][0], "depth_zbuffer")[..., 0]
    known = levels > 1
    assert np.allclose(shift[known], (levels[known].astype(float) - 1) / 256)
    assert np.allclose(depth[known], 0.2 * 2000 / shift[known])
    mask = found.read(found.items("mask_valid")["test"][0], "mask_valid")
    assert np.array_equal(mask, known)


def test_levels_without_a_depth() -> None:
    """0 is unknown; 1 is a shift of nothing, infinitely far."""
    found = disparity(np.array([0, 1, 2, 257], dtype=np.uint16))
    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == [1 / 256, 1.0]


def test_cities_are_never_cut_apart(streets: Path) -> None:
    splits = cityscapes(streets).splits()
    assert splits["test"] == ["frankfurt"]
    assert sorted(splits["train"] + splits["val"]) == ["aachen", "bochum", "bremen"]
    assert len(splits["val"]) == 1


def test_a_camera_belongs_to_depth_alone(streets: Path) -> None:
    before = {name: cityscapes(streets).fingerprint(name) for name in CITYSCAPES_DOMAINS}
    path = next(streets.glob("camera/val/*/*.json"))
    path.write_text(json.dumps({"extrinsic": {"baseline": 0.3}, "intrinsic": {"fx": 2000}}))
    after = {name: cityscapes(streets).fingerprint(name) for name in CITYSCAPES_DOMAINS}
    assert {name for name in before if before[name] != after[name]} == {"depth_zbuffer"}


def test_without_cameras_there_is_disparity_only(tmp_path: Path) -> None:
    write_cityscapes(tmp_path, cameras=False)
    found = cityscapes(tmp_path)
    with pytest.raises(DataError, match="camera/train: no such folder") as caught:
        found.items("depth_zbuffer")
    assert "disparity" in caught.value.hint
    assert found.items("disparity")["train"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no extrinsic.baseline and intrinsic.fx"),
        ("[]", "no extrinsic.baseline and intrinsic.fx"),
        ('{"extrinsic": {"baseline": 0}, "intrinsic": {"fx": 1}}', "that is not positive"),
        ('{"extrinsic": {"baseline": NaN}, "intrinsic": {"fx": 1}}', "that is not positive"),
        (None, "missing"),
    ],
)
def test_a_broken_camera_is_located(
    streets: Path, tmp_path: Path, text: str | None, reason: str
) -> None:
    path = sorted(streets.glob("camera/val/*/*.json"))[2]
    path.write_text(text) if text is not None else path.unlink()
    with pytest.raises(BrokenFileError) as caught:
        pack_domain(cityscapes(streets), "depth_zbuffer", 16, tmp_path / "a", lambda news: None)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)
    source = cityscapes(streets, "leave_out")
    manifest = pack_domain(source, "depth_zbuffer", 16, tmp_path / "b", lambda news: None)
    assert manifest["splits"]["test"]["images"] == 5


@pytest.mark.parametrize("domain", ["rgb", "segment_semantic", "disparity"])
def test_a_file_of_another_kind_is_located(streets: Path, tmp_path: Path, domain: str) -> None:
    path = cityscapes(streets).items(domain)["train"][3].path
    Image.fromarray(np.zeros((32, 64, 4), np.uint8)).save(path)
    with pytest.raises(BrokenFileError, match=r"mode RGBA where .* is expected") as caught:
        pack_domain(cityscapes(streets), domain, 16, tmp_path / "pack", lambda news: None)
    assert caught.value.path == path


def test_a_missing_label_is_located(streets: Path, tmp_path: Path) -> None:
    path = cityscapes(streets).items("segment_semantic")["train"][3].path
    path.unlink()
    with pytest.raises(BrokenFileError) as caught:
        pack_domain(cityscapes(streets), "segment_semantic", 16, tmp_path / "p", lambda news: None)
    assert str(caught.value).startswith(f"{path}: missing")


def test_a_missing_folder_is_named(streets: Path) -> None:
    shutil.rmtree(streets / "gtFine")
    with pytest.raises(DataError, match="gtFine/train: no such folder"):
        cityscapes(streets).items("segment_semantic")


@pytest.mark.parametrize("domain", ["rgb", "depth_zbuffer"])
def test_mutated_files_are_read_or_refused_in_words(streets: Path, domain: str) -> None:
    found = cityscapes(streets)
    item = found.items(domain)["train"][0]
    whole, accepted = found.content(item), 0
    for seed in range(200):
        with suppress(BrokenFileError):
            found.decode(mutated(whole, random.Random(seed)), item, found.domain(domain))
            accepted += 1
    assert accepted < 200


def test_a_study_runs(streets: Path, study: Any, runner: Any, inline: Any) -> None:
    made = study(SPEC)
    assert made.base.tasks["segment_semantic"].classes == 19
    outcome = runner(made, inline())
    assert outcome.ok, outcome.failures
