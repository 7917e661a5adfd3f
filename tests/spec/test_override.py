"""``--set``: values from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load


def test_values_are_toml(study: Any, rooms_text: str) -> None:
    made = study(rooms_text, "training.epochs=7", "training.flip=false", "study.title='a = b'")
    assert made.spec.training.epochs == 7
    assert made.spec.training.flip is False
    assert made.title == "a = b"


def test_seeds_by_number_and_by_list(study: Any, rooms_text: str) -> None:
    assert study(rooms_text, "study.seeds=3").seeds == [0, 1, 2]
    assert study(rooms_text, "study.seeds=[0,2]").seeds == [0, 2]
    assert study(rooms_text, "study.seeds = [5]").seeds == [5]


def test_what_is_no_toml_is_a_bare_string_where_text_is_taken(study: Any, rooms_text: str) -> None:
    made = study(
        rooms_text,
        "study.title=Five tasks, small",
        "networks.encoder=resnet18",
        "tasks.normal.loss=mse",
        "scores.ias.split=test",
        "gain.split=val",
    )
    assert made.title == "Five tasks, small"
    assert made.spec.networks.encoder == "resnet18"
    assert made.base.tasks["normal"].loss == "mse"
    assert made.scores["ias"].split == "test"
    assert made.spec.gain.split == "val"


def test_keys_can_be_quoted(study: Any, rooms_text: str) -> None:
    made = study(
        rooms_text,
        'tasks."my = task".domain="depth_euclidean"',
        'conditions.cases."less data"."data.train_images"=2',
    )
    assert "my = task" in made.base.tasks
    assert [condition.name for condition in made.conditions] == ["base", "less data"]


def test_paths_in_the_spec_count_from_it_and_in_set_from_here(
    write: Any, arrays_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(arrays_text)
    here = tmp_path / "elsewhere"
    here.mkdir()
    monkeypatch.chdir(here)
    assert load(path).base.settings.data.root == str(tmp_path / "arrays")
    for word in ("mine", '"mine"'):
        assert load(path, [f"data.root={word}"]).base.settings.data.root == str(here / "mine")
    inside = load(path, ['data={kind="arrays", root="mine"}'])
    assert inside.base.settings.data.root == str(here / "mine")
    case = load(path, ['conditions.cases.other={"data.root"="mine"}'])
    assert case.conditions[1].settings.data.root == str(here / "mine")
    assert load(path, ["data.root=/there"]).base.settings.data.root == "/there"


def test_a_new_kind_of_data_drops_what_only_the_old_has(study: Any, rooms_text: str) -> None:
    made = study(rooms_text, "data.root=tree", "data.kind=taskonomy")
    data = made.base.settings.data
    assert data.kind == "taskonomy"
    assert (data.train_images, data.image_size) == (4, 16)
    quoted = study(rooms_text, "data.root=tree", '"data".kind = "arrays"')
    assert quoted.base.settings.data.kind == "arrays"
    same = study(rooms_text, "data.kind=rooms")
    assert same.base.settings.data.pixels == 64


def test_they_are_recorded(study: Any, rooms_text: str) -> None:
    made = study(rooms_text, "training.epochs=7", "study.seeds=[0,2]")
    assert made.passed.startswith(rooms_text)
    assert made.passed.endswith("# --set training.epochs=7\n# --set study.seeds=[0,2]")
    assert json.loads(made.resolved())["training"]["epochs"] == 7


def test_the_last_of_several_counts(study: Any, rooms_text: str) -> None:
    made = study(rooms_text, "training.epochs=7", "training.epochs=8")
    assert made.spec.training.epochs == 8


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("training.epoch=3", "unknown key 'epoch' in [training]; the nearest valid name is 'epo"),
        ("training.epochs=0", "training.epochs = 0: "),
        ("training.epochs=many", "the value is no TOML ("),
        ("study.seeds=[0,2", "the value is no TOML ("),
        ("training.epochs=1\ntraining.flip=true", "the value is no TOML ("),
        ("data.kind=room", "data.kind = 'room' is none of rooms, taskonomy, arrays"),
        ("training.batch_size=9", "batch_size 9 exceeds the 4 training images"),
        ("data.train_images=1", "batch_size 2 exceeds the 1 training images"),
        ("data.image_size=128", "image_size 128 is larger than the rendered 64 pixels"),
        ("networks.groups=['pairs']", "baseline 'half' needs single nets"),
        ("gain.quantity=miou", "quantity 'miou' is not measured on every task"),
        ("data.image_size.x=3", "'image_size' is a value and has no fields"),
        ("scores.tdd={}", "unknown score 'tdd'; the nearest is 'td'"),
        ("scores.ias.images=1", "images = 1: at least 2"),
        ("conditions.axes.'training.epoch'=[3]", "unknown path 'training.epoch'; "),
        ("conditions.axes.'training.epochs'=[0]", "condition 'training.epochs=0': "),
        ("tasks.nornal.weight=2.0", "task 'nornal' is not in the catalogue"),
        ("epochs", "not of the form path=value; such as training.epochs=5"),
        ("=3", "not of the form path=value"),
        ("a..b=3", "not of the form path=value"),
        ("", "not of the form path=value"),
    ],
)
def test_errors_are_located_at_the_override(
    write: Any, rooms_text: str, given: str, expected: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load(write(rooms_text), [given])
    shown = given.replace("\n", " ")
    for line in str(caught.value).split("\n"):
        assert line.startswith(f"--set {shown}: ")
    assert expected in str(caught.value)


def test_an_absent_folder_is_refused_before_a_run(
    write: Any, arrays_text: str, specbench: Any
) -> None:
    path = write(arrays_text)
    done = specbench("run", str(path))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}:6: data.root = ")
    done = specbench("run", str(path), "--set", "data.root=nowhere")
    assert done.returncode == 2
    assert done.stderr.startswith("--set data.root=nowhere: data.root = ")
