import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.data.pack import pack_domain
from specbench.data.source import BrokenFileError, make_source
from specbench.errors import DataError

MANIFEST = """
input = "photo"
[domains.photo]
form = "image"
[domains."leaf area"]
form = "continuous"
units = "cm2"
[domains.flow]
form = "continuous"
[domains.tilt]
form = "normal"
[domains.parts]
form = "classes"
class_names = ["soil", "stem", "leaf", "fruit"]
[domains.species]
form = "image_class"
classes = 12
[domains.seen]
form = "mask"
"""


def values(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(count)
    area = rng.random((count, 8, 8))
    area[0, 0, 0] = np.nan
    return {
        "photo": rng.integers(0, 256, (count, 8, 8)).astype(np.uint8),
        "leaf area": area,
        "flow": rng.integers(-3, 3, (count, 2, 8, 8)),
        "tilt": rng.normal(size=(count, 3, 8, 8)) * 5,
        "parts": rng.choice([0, 1, 2, 3, 255], (count, 8, 8)),
        "species": rng.integers(-1, 12, count),
        "seen": rng.integers(0, 2, (count, 8, 8)).astype(np.uint8),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "mine"
    for split, count in {"train": 5, "val": 2, "test": 3}.items():
        (root / split).mkdir(parents=True)
        for name, array in values(count).items():
            np.save(root / split / f"{name}.npy", array)
    (root / "manifest.toml").write_text(MANIFEST)
    return root


def opened(root: Path, **settings: str) -> Any:
    return make_source({"kind": "arrays", "roots": [root], **settings})


def quiet(_: dict[str, Any]) -> None:
    pass


def test_every_form_is_packed_as_it_should(folder: Path, tmp_path: Path) -> None:
    source, given = opened(folder), values(5)
    assert source.input_domain == "photo"
    got, manifests = {}, {}
    for name in source.domains():
        manifests[name] = pack_domain(source, name, 8, tmp_path / name, quiet)
        got[name] = np.load(tmp_path / name / "train.npy")
    ids = (tmp_path / "flow" / "train.ids").read_text().split()
    assert ids == [f"train/000000{i}" for i in range(5)]
    assert np.array_equal(got["photo"], given["photo"][:, None].repeat(3, axis=1))
    expected = given["leaf area"][:, None].astype(np.float32)
    assert np.array_equal(got["leaf area"], expected, equal_nan=True)
    assert np.array_equal(got["flow"], given["flow"].astype(np.float32))
    assert np.allclose(np.linalg.norm(got["tilt"], axis=1), 1, atol=1e-5)
    assert np.array_equal(got["parts"], given["parts"].astype(np.uint8))
    assert np.array_equal(got["species"], given["species"])
    assert np.array_equal(got["seen"], given["seen"] == 1)
    assert [manifests[name]["channels"] for name in ("photo", "leaf area", "flow")] == [3, 1, 2]
    assert [manifests[name]["classes"] for name in ("parts", "species", "seen")] == [4, 12, 0]
    assert source.domain("leaf area").units == "cm2"
    assert source.domain("parts").class_names[3] == "fruit"


def test_arrays_are_brought_down(folder: Path, tmp_path: Path) -> None:
    pack_domain(opened(folder), "leaf area", 4, tmp_path / "x", quiet)
    small = np.load(tmp_path / "x" / "train.npy")
    assert small.shape == (5, 1, 4, 4)
    block = values(5)["leaf area"][0, :2, :2]
    assert small[0, 0, 0, 0] == pytest.approx(np.nanmean(block))


def test_fingerprint_and_stamp_follow_the_files(folder: Path, tmp_path: Path) -> None:
    manifest = pack_domain(opened(folder), "species", 8, tmp_path / "x", quiet)
    found = opened(folder).fingerprint("species")
    assert found == {split: entry["fingerprint"] for split, entry in manifest["splits"].items()}
    stamps = {name: opened(folder).stamp(name) for name in ("species", "flow")}
    assert opened(folder).stamp("species") == stamps["species"]
    path = folder / "val" / "species.npy"
    time = path.stat().st_mtime_ns + 1_000_000
    np.save(path, np.array([3, 4]))
    os.utime(path, ns=(time, time))
    assert opened(folder).stamp("species") != stamps["species"]
    assert opened(folder).stamp("flow") == stamps["flow"]
    changed = opened(folder).fingerprint("species")
    assert [changed[split] == found[split] for split in found] == [True, False, True]


def test_a_wrong_row_is_refused_or_left_out(folder: Path, tmp_path: Path) -> None:
    np.save(folder / "train" / "species.npy", np.array([0, 1, 12, 3, 4]))
    with pytest.raises(BrokenFileError, match=r"species\.npy: class 12 outside 0 to 11 in row 2"):
        pack_domain(opened(folder), "species", 8, tmp_path / "x", quiet)
    source = opened(folder, missing="leave_out")
    manifest = pack_domain(source, "species", 8, tmp_path / "x", quiet)
    assert [entry["id"] for entry in manifest["broken"]] == ["train/0000002"]
    assert np.load(tmp_path / "x" / "train.npy").tolist() == [0, 1, 3, 4]
    np.save(folder / "train" / "parts.npy", np.full((5, 8, 8), -1))
    with pytest.raises(BrokenFileError, match="a class outside 0 to 3 in row 0"):
        pack_domain(opened(folder), "parts", 8, tmp_path / "y", quiet)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("photo", np.zeros((5, 8, 8, 3), np.uint8), "channels come before height and width"),
        ("photo", np.zeros((5, 3, 8, 8)), "dtype float64; form image takes uint8"),
        ("photo", np.zeros((5, 4, 8, 8), np.uint8), "takes 3 channels"),
        ("photo", np.zeros((5, 3, 8, 9), np.uint8), "not of square images"),
        ("tilt", np.zeros((5, 8, 8)), r"takes \(N, C, H, W\)"),
        ("parts", np.zeros((5, 8, 8)), "takes integers"),
        ("species", np.zeros((5, 1), int), r"takes \(N,\)"),
        ("flow", np.zeros((4, 2, 8, 8)), "4 rows where photo has 5"),
        ("flow", np.array(["a"] * 5), "takes numbers"),
    ],
)
def test_arrays_of_another_form_are_refused(
    folder: Path, name: str, array: np.ndarray, said: str
) -> None:
    np.save(folder / "train" / f"{name}.npy", array)
    with pytest.raises(DataError, match=rf"train/{name}\.npy: .*{said}"):
        opened(folder).items(name)


def test_absent_and_broken_arrays_are_named(folder: Path) -> None:
    (folder / "val" / "flow.npy").unlink()
    with pytest.raises(DataError, match=r"val/flow\.npy: no such file; manifest\.toml states it"):
        opened(folder).items("flow")
    for content in (b"", b"x", (folder / "test" / "tilt.npy").read_bytes()[:200]):
        (folder / "val" / "tilt.npy").write_bytes(content)
        with pytest.raises(DataError, match=r"val/tilt\.npy: cut short"):
            opened(folder).items("tilt")
    with pytest.raises(DataError, match=r"no domain 'flaw'; it has flow"):
        opened(folder).items("flaw")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input = ", "Invalid value"),
        ("", "no domains"),
        ('inputs = "a"', "unknown key 'inputs'; did you mean input"),
        ('[domains.a]\nform = "image"', "input is 'rgb'"),
        ('input = "a"\n[domains.a]\nform = "mask"', "input is 'a'"),
        ('[domains.a]\nform = "picture"', "form is 'picture'; it is one of image, continuous"),
        ("[domains.a]\n", "form is None"),
        ("[domains]\na = 3", "domain a is 3"),
        ('[domains.a]\nform = "classes"', "classes is 0; state how many, from 2 to 255"),
        ('[domains.a]\nform = "classes"\nclasses = 256', "classes is 256"),
        ('[domains.a]\nform = "classes"\nclasses = 3\nclass_names = ["x"]', "1 class_names for 3"),
        ('[domains.a]\nform = "mask"\nclasses = 3', "form mask has no classes"),
        ('[domains.a]\nform = "mask"\nclass = 3', "unknown key 'class'; did you mean classes"),
        ('[domains."a+b"]\nform = "mask"', "the name may not hold"),
        ('[domains."../a"]\nform = "mask"', "the name may not hold"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(DataError, match=said):
        opened(tmp_path)


def test_no_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"manifest\.toml: no such file"):
        opened(tmp_path)


def test_numbers_and_answers_of_samples_are_packed(folder: Path, tmp_path: Path) -> None:
    manifest = folder / "manifest.toml"
    forms = {"mass": "value", "place": "value", "ripe": "binary", "sold": "binary"}
    tables = [f'[domains.{name}]\nform = "{form}"\n' for name, form in forms.items()]
    manifest.write_text(manifest.read_text() + "".join(tables))
    for split, count in {"train": 5, "val": 2, "test": 3}.items():
        rng = np.random.default_rng(count)
        ripe = rng.integers(0, 2, count).astype(float)
        ripe[0] = np.nan
        arrays = {
            "mass": np.append(rng.random(count - 1), np.inf),
            "place": rng.integers(0, 9, (count, 2)),
            "ripe": ripe,
            "sold": rng.random((count, 1)) < 0.5,
        }
        for name, array in arrays.items():
            np.save(folder / split / f"{name}.npy", array)
    source = opened(folder)
    packed = {}
    for name in forms:
        found = pack_domain(source, name, 8, tmp_path / name, quiet)
        packed[name] = np.load(tmp_path / name / "test.npy")
        assert found["channels"] == (2 if name == "place" else 1)
        assert packed[name].shape == (3, found["channels"])
        assert packed[name].dtype == np.float32
    assert np.isnan(packed["mass"][-1])
    assert np.array_equal(packed["place"], arrays["place"])
    assert np.array_equal(packed["ripe"][:, 0], ripe.astype(np.float32), equal_nan=True)
    assert np.array_equal(packed["sold"], arrays["sold"])
    np.save(folder / "test" / "ripe.npy", np.array([0.0, 0.5, 1.0]))
    with pytest.raises(BrokenFileError, match="neither 0 nor 1 in row 1"):
        pack_domain(opened(folder), "ripe", 8, tmp_path / "again", quiet)
    np.save(folder / "test" / "ripe.npy", np.zeros((3, 2)))
    with pytest.raises(DataError, match="shape"):
        pack_domain(opened(folder), "ripe", 8, tmp_path / "again", quiet)
