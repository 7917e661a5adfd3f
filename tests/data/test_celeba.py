"""CelebA in torchvision's layout: lists, splits, crops, faults, and a study on a small tree."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutations import mutated
from PIL import Image
from small_trees import CELEBA_COUNTS, write_celeba

from specbench.data.celeba import ATTRIBUTES
from specbench.data.celeba.lists import read_attributes, read_partition
from specbench.data.encodings import UndecodableError
from specbench.data.pack import pack_domain
from specbench.data.photo import centre_square, photo
from specbench.data.source import BrokenFileError, Source, make_source
from specbench.errors import DataError
from specbench.testing.sources import SourceContract

FEW = ("Smiling", "5_o_Clock_Shadow", "Wearing_Hat")
SPEC = """\
[data]
kind = "celeba"
root = "faces"
image_size = 16

[tasks.Smiling]
[tasks.5_o_Clock_Shadow]

[networks]
width = 4
features = 8
decoder.width = 4

[training]
epochs = 1
batch_size = 4

[scores.rsa]
"""


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A small tree with three attributes."""
    write_celeba(tmp_path / "faces", FEW)
    return tmp_path / "faces"


def celeba(root: Path, missing: str = "refuse") -> Source:
    return make_source({"kind": "celeba", "roots": [root], "missing": missing})


class TestCelebA(SourceContract):
    def write(self, folder: Path) -> None:
        write_celeba(folder)

    def open(self, folder: Path) -> Source:
        return celeba(folder)


def test_it_has_the_forty_official_attributes(tmp_path: Path) -> None:
    write_celeba(tmp_path)
    found = celeba(tmp_path)
    assert len(ATTRIBUTES) == 40
    assert found.domains() == sorted(("rgb", *ATTRIBUTES))


def test_splits_are_the_official_ones(faces: Path) -> None:
    found = celeba(faces)
    for domain in ("rgb", "Smiling"):
        counts = {split: len(items) for split, items in found.items(domain).items()}
        assert counts == dict(zip(("train", "val", "test"), CELEBA_COUNTS.values(), strict=True))
    assert found.items("rgb")["val"][0].id == "000013.jpg"


def test_the_folder_of_the_images_itself_can_be_the_root(faces: Path) -> None:
    assert celeba(faces / "celeba").fingerprint("rgb") == celeba(faces).fingerprint("rgb")


def test_marks_become_answers(faces: Path) -> None:
    found = celeba(faces)
    rows = (faces / "celeba" / "list_attr_celeba.txt").read_text().splitlines()[2:]
    for items in found.items("5_o_Clock_Shadow").values():
        for item in items:
            mark = rows[int(item.id[:6]) - 1].split()[2]
            assert found.read(item, "5_o_Clock_Shadow") == {"1": [1], "-1": [0]}[mark]


def test_an_unknown_mark_is_no_label(faces: Path) -> None:
    path = faces / "celeba" / "list_attr_celeba.txt"
    lines = path.read_text().splitlines()
    lines[2] = "000001.jpg 0 1 -1"
    path.write_text("\n".join(lines))
    found = celeba(faces)
    first = found.items("Smiling")["train"][0]
    assert np.isnan(found.read(first, "Smiling"))
    other = found.items("5_o_Clock_Shadow")["train"][0]
    assert other.id == first.id
    assert found.read(other, "5_o_Clock_Shadow") == [1]


def test_an_attribute_is_told_apart_by_its_own_marks_only(faces: Path) -> None:
    before = {name: celeba(faces).fingerprint(name) for name in (*FEW, "rgb")}
    path = faces / "celeba" / "list_attr_celeba.txt"
    lines = path.read_text().splitlines()
    cells = lines[2].split()
    cells[1] = str(-int(cells[1]))
    lines[2] = " ".join(cells)
    path.write_text("\n".join(lines))
    after = {name: celeba(faces).fingerprint(name) for name in (*FEW, "rgb")}
    assert {name for name in before if before[name] != after[name]} == {"Smiling"}


def test_faces_are_cut_to_their_centre_square(faces: Path) -> None:
    found = celeba(faces)
    item = found.items("rgb")["train"][0]
    whole = np.asarray(Image.open(item.path))
    assert whole.shape == (218, 178, 3)
    assert np.array_equal(found.read(item, "rgb"), whole[20:198])


@pytest.mark.parametrize("shape", [(5, 8), (8, 5), (7, 7), (6, 4), (1, 9)])
def test_the_centre_square_lies_in_the_middle(shape: tuple[int, int]) -> None:
    places = np.argwhere(np.ones(shape)).reshape(*shape, 2)
    cut = centre_square(places)
    side = min(shape)
    assert cut.shape == (side, side, 2)
    margins = cut[0, 0], np.array(shape) - 1 - cut[-1, -1]
    assert (np.abs(margins[0] - margins[1]) <= 1).all()


@pytest.mark.parametrize(
    ("name", "line", "text", "said"),
    [
        ("list_eval_partition.txt", 3, "000003.jpg 3", ":3: '000003.jpg 3'"),
        ("list_eval_partition.txt", 3, "000002.jpg 0", ":3: 000002.jpg stands twice"),
        ("list_eval_partition.txt", 3, "../x.jpg 0", ":3: '../x.jpg' is no name of a file"),
        ("list_attr_celeba.txt", 1, "many", ":1: 'many'"),
        ("list_attr_celeba.txt", 2, "Smiling Happy", ":2: 'Happy' is no attribute of CelebA"),
        ("list_attr_celeba.txt", 4, "000002.jpg 1", ":4: 1 marks for 3 attributes"),
        ("list_attr_celeba.txt", 4, "000002.jpg 1 2 1", ":4: mark '2'"),
        ("list_attr_celeba.txt", 4, "000001.jpg 1 1 1", ":4: 000001.jpg stands twice"),
    ],
)
def test_a_wrong_line_is_located(faces: Path, name: str, line: int, text: str, said: str) -> None:
    path = faces / "celeba" / name
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines))
    with pytest.raises(DataError) as caught:
        celeba(faces).items("Smiling")
    assert str(caught.value).startswith(f"{path}{said}")


def test_an_attribute_the_list_lacks_is_named(faces: Path) -> None:
    with pytest.raises(DataError, match=r"list_attr_celeba\.txt:2: no attribute Young"):
        celeba(faces).items("Young")


def test_a_missing_list_is_named(faces: Path) -> None:
    (faces / "celeba" / "list_eval_partition.txt").unlink()
    with pytest.raises(DataError, match=r"list_eval_partition\.txt: no such file"):
        celeba(faces).items("rgb")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda path: path.unlink(), "missing"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "cut short, damaged or no JPEG"),
        (lambda path: path.write_bytes(b"no picture"), "cut short, damaged or no JPEG"),
    ],
)
def test_a_broken_image_is_located_or_left_out(
    faces: Path, tmp_path: Path, fault: Callable[[Path], Any], reason: str
) -> None:
    path = faces / "celeba" / "img_align_celeba" / "000002.jpg"
    fault(path)
    with pytest.raises(BrokenFileError) as caught:
        pack_domain(celeba(faces), "rgb", 16, tmp_path / "a", lambda news: None)
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)
    manifest = pack_domain(celeba(faces, "leave_out"), "rgb", 16, tmp_path / "b", lambda n: None)
    assert [entry["id"] for entry in manifest["broken"]] == ["000002.jpg"]
    assert manifest["splits"]["train"]["images"] == CELEBA_COUNTS[0] - 1


def test_an_image_without_marks_is_missing_there(faces: Path, tmp_path: Path) -> None:
    path = faces / "celeba" / "list_attr_celeba.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:3] + lines[4:]))
    with pytest.raises(BrokenFileError, match=r"list_attr_celeba\.txt: missing"):
        pack_domain(celeba(faces), "Smiling", 16, tmp_path / "pack", lambda news: None)


@pytest.mark.parametrize("name", ["list_eval_partition.txt", "list_attr_celeba.txt"])
def test_mutated_lists_are_read_or_refused_in_words(faces: Path, name: str) -> None:
    path = faces / "celeba" / name
    read: Callable[[Path], Any] = read_partition if "partition" in name else read_attributes
    whole, accepted = path.read_bytes(), 0
    for seed in range(300):
        path.write_bytes(mutated(whole, random.Random(seed)))
        with suppress(DataError):
            read(path)
            accepted += 1
    assert 0 < accepted < 300


def test_a_study_runs(faces: Path, study: Any, runner: Any, inline: Any) -> None:
    outcome = runner(study(SPEC), inline())
    assert outcome.ok, outcome.failures


def test_the_papers_study_can_be_checked_and_planned(tmp_path: Path, repository: Path) -> None:
    from specbench.plan.grid import expand
    from specbench.results import Results
    from specbench.spec.load import load, require_data

    write_celeba(tmp_path / "small")
    study = load(repository / "specs" / "fifty2021_celeba.toml", [f"data.root='{tmp_path}/small'"])
    require_data(study)
    assert len(study.base.tasks) == 9
    assert {task.loss for task in study.base.tasks.values()} == {"bce"}
    plan = expand(study, Results.at(tmp_path / "results"))
    assert len(plan.networks) == 9 + 36 + 1


def test_mutated_images_are_read_or_refused_in_words() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG")
    accepted = 0
    for seed in range(300):
        with suppress(UndecodableError):
            assert photo(mutated(buffer.getvalue(), random.Random(seed))).shape[2] == 3
            accepted += 1
    assert 0 < accepted < 300
