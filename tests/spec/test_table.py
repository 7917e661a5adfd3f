"""Studies of tables: what is filled in, and what is refused with its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load, require_data
from specbench.tasks.catalogue import METRICS

ROWS = """\
[data]
kind = "table"
path = "people.csv"

[data.inputs]
numeric = ["age", "height"]
text = ["note"]

[tasks.weight]
kind = "value"
[tasks."is ill"]
domain = "ill"
kind = "binary"
[tasks.normal]
kind = "image_class"
classes = 3

[networks]
groups = ["singles", "pairs"]
"""
WINDOWS = """\
[data]
kind = "table"
path = "series.csv"
inputs = { numeric = ["a", "b"] }
split = { rows = [80, 20, 20] }
window = { length = 16, horizon = 2 }

[tasks.a]
kind = "value"
[tasks.b]
kind = "value"
"""


def refused(write: Any, text: str) -> str:
    path = write(text)
    with pytest.raises(SpecError) as caught:
        load(path)
    return str(caught.value).replace(f"{path}:", "")


def test_a_table_gets_the_encoder_that_suits_it(study: Any) -> None:
    rows, windows = study(ROWS).base, study(WINDOWS).base
    assert rows.settings.networks.encoder == "mlp"
    assert windows.settings.networks.encoder == "conv1d"
    assert not rows.settings.training.flip
    assert rows.settings.networks.width == 128
    named = study(ROWS, "networks.encoder=mlp", "networks.width=7").base.settings.networks
    assert (named.encoder, named.width) == ("mlp", 7)


def test_tasks_are_columns_whatever_their_names_mean_elsewhere(study: Any) -> None:
    tasks = study(ROWS).base.tasks
    assert {name: task.domain for name, task in tasks.items()} == {
        "is ill": "ill",
        "normal": "normal",
        "weight": "weight",
    }
    assert tasks["normal"].kind == "image_class"
    assert tasks["weight"].metrics == METRICS["value"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "value"', 'kind = "regression"', "9: task 'weight' reads a column: give its kind"),
        ('kind = "value"', "", "9: task 'weight' reads a column: give its kind"),
        ('kind = "value"', 'kind = "value"\nmasked = true', "9: .* one channel and no mask"),
        ("weight", "age", "9: task 'age' predicts column 'age', which is an input"),
        ('domain = "ill"', 'domain = "inputs"', "11: .* no column of labels may be called inputs"),
        ('domain = "ill"', 'domain = "weight"', "column 'weight' is of kind"),
        ("[networks]", '[networks]\nencoder = "conv"', "encoder 'conv' takes images and is given"),
        ("[networks]", '[networks]\nencoder = "conv1d"', "takes sequences and is given vectors"),
        ('["age", "height"]', "[]\ncategorical = []", None),
        ('numeric = ["age", "height"]\ntext = ["note"]', "", "no input column"),
        ('"height"]', '"age"]', "column 'age' is an input twice"),
        ("[data.inputs]", "[data.inputs]\ntext_ngrams = [3, 1]", "the shortest comes first"),
        (
            "[data.inputs]",
            'split = { column = "s", rows = [1, 2, 3] }\n[data.inputs]',
            "exclude each other",
        ),
        (
            "[data.inputs]",
            "split = { fractions = [0.9, 0.1, 0.1] }\n[data.inputs]",
            "more than all",
        ),
        ("[data.inputs]", "window = { length = 8 }\n[data.inputs]", "windows need rows in the or"),
        ("[data.inputs]", "image_size = 32\n[data.inputs]", "unknown key 'image_size'"),
        ("[networks]", "[scores.ias]\n[networks]", "score 'ias' is defined on images only"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(
    write: Any, old: str, new: str, message: str | None
) -> None:
    assert old in ROWS
    text = ROWS.replace(old, new, 1)
    if message is None:
        load(write(text))
        return
    assert re.search(message, refused(write, text)), refused(write, text)


def test_an_encoder_of_tables_is_refused_on_images(write: Any, rooms_text: str) -> None:
    text = rooms_text.replace('encoder = "conv"', 'encoder = "mlp"')
    assert "encoder 'mlp' takes vectors and is given images: one of conv, " in refused(write, text)


def test_a_table_that_is_not_there_is_named(study: Any) -> None:
    with pytest.raises(SpecError, match=r":3: data\.path = '.*people.*: no such file"):
        require_data(study(ROWS))


def test_a_path_in_set_is_taken_as_it_stands(study: Any, tmp_path: Path) -> None:
    found = study(ROWS, f"data.path={tmp_path}/other.csv.gz").base.settings.data
    assert found.path == f"{tmp_path}/other.csv.gz"


@pytest.mark.parametrize("name", ["tox21", "sider", "etth1"])
def test_the_studies_that_come_with_it_are_right(name: str) -> None:
    found = load(Path(__file__).parents[2] / "specs" / f"{name}.toml")
    assert len(found.base.tasks) == {"tox21": 12, "sider": 9, "etth1": 7}[name]
