"""Axes, cases and the names of conditions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load


@pytest.fixture
def names(study: Any, rooms_text: str) -> Any:
    """Return the names of the conditions of the small study with ``more`` added."""

    def names(more: str) -> list[str]:
        return [condition.name for condition in study(rooms_text + more).conditions]

    return names


@pytest.fixture
def refused(write: Any, rooms_text: str) -> Any:
    """Return error lines, each from its line number in ``more`` on."""

    def refused(more: str) -> list[str]:
        with pytest.raises(SpecError) as caught:
            load(write(rooms_text + more))
        offset = rooms_text.count("\n")
        found = []
        for line in str(caught.value).split("\n"):
            _, number, message = line.split(":", 2)
            found.append(f"{int(number) - offset}:{message}")
        return found

    return refused


def test_the_base_comes_first_and_alone(names: Any) -> None:
    assert names("") == ["base"]


def test_the_product_is_named_by_what_differs_sorted_by_path(names: Any) -> None:
    axes = '[conditions.axes]\n"training.epochs" = [2, 5]\n"networks.width" = [4, 8]\n'
    assert names(axes) == [
        "base",
        "training.epochs=5",
        "networks.width=8",
        "networks.width=8,training.epochs=5",
    ]


def test_a_point_that_equals_the_base_is_not_repeated(names: Any) -> None:
    assert names('[conditions.axes]\n"training.epochs" = [2]\n') == ["base"]
    # Defaults that the spec does not write count too, and so do those of a task.
    assert names('[conditions.axes]\n"training.flip" = [true]\n') == ["base"]
    assert names('[conditions.axes]\n"tasks.normal.weight" = [1.0]\n') == ["base"]
    assert names('[conditions.axes]\n"tasks.normal.weight" = [1]\n') == ["base"]
    assert names('[conditions.axes]\n"networks.groups" = [["all", "pairs", "singles"]]\n') == [
        "base"
    ]


def test_values_of_all_types_in_names(names: Any) -> None:
    axes = (
        '[conditions.axes]\n"training.schedule" = ["step"]\n"training.flip" = [false]\n'
        '"training.learning_rate" = [0.01]\n"networks.single_capacities" = [[0.5]]\n'
    )
    assert names(axes) == [
        "base",
        "networks.single_capacities=[0.5],training.flip=false,"
        "training.learning_rate=0.01,training.schedule=step",
    ]


def test_cases_have_the_name_given(study: Any, rooms_text: str) -> None:
    more = '[conditions.cases."less data"]\n"data.train_images" = 2\n"training.epochs" = 9\n'
    made = study(rooms_text + more)
    assert [condition.name for condition in made.conditions] == ["base", "less data"]
    settings = made.conditions[1].settings
    assert (settings.data.train_images, settings.training.epochs) == (2, 9)
    assert settings.data.val_images == 4, "what the case does not name is as in the spec"


def test_a_case_can_read_other_data_in_any_order(
    study: Any, rooms_text: str, tmp_path: Path
) -> None:
    for lines in (
        '"data.kind" = "taskonomy"\n"data.root" = "tree"\n',
        '"data.root" = "tree"\n"data.kind" = "taskonomy"\n',
    ):
        data = study(f"{rooms_text}[conditions.cases.real]\n{lines}").conditions[1].settings.data
        assert (data.kind, data.root) == ("taskonomy", str(tmp_path / "tree"))


def test_roots_of_an_axis_count_from_the_spec(study: Any, arrays_text: str, tmp_path: Path) -> None:
    made = study(arrays_text + '[conditions.axes]\n"data.root" = ["arrays", "others"]\n')
    assert [condition.name for condition in made.conditions] == ["base", "data.root=others"]
    assert made.conditions[1].settings.data.root == str(tmp_path / "others")


def test_tasks_can_change(study: Any, rooms_text: str) -> None:
    more = (
        '[conditions.cases.heavy]\n"tasks.normal.weight" = 2.0\n'
        '[conditions.cases.two]\ntasks = ["normal", "reshading"]\n'
    )
    made = study(rooms_text + more)
    assert made.conditions[1].tasks["normal"].weight == 2.0
    assert made.conditions[2].groups == (("normal",), ("reshading",), ("normal", "reshading"))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            '[conditions.axes]\n"training.epoch" = [1]\n',
            "2: unknown path 'training.epoch'; the nearest valid one is 'training.epochs'",
        ),
        (
            '[conditions.axes]\n"trainig.epochs" = [1]\n',
            "2: 'trainig.epochs' is no path .* the nearest is 'training'",
        ),
        ('[conditions.axes]\n"study.seeds" = [1]\n', "2: 'study.seeds' is no path that"),
        ('[conditions.axes]\n"training" = [1]\n', "2: 'training' is a section: "),
        ("[conditions.axes]\ntraining.epochs = [1]\n", "2: .*its path in quotes"),
        ("[conditions.cases.x]\ntraining.epochs = 1\n", "2: 'training' is a section: .*quotes"),
        (
            '[conditions.cases.x]\n"networks.decoder.widht" = 1\n',
            "2: unknown path .* 'networks.decoder.width'",
        ),
        (
            '[conditions.cases.x]\n"tasks.normal.los" = "l1"\n',
            "2: unknown path 'tasks.normal.los'; .* 'tasks.normal.loss'",
        ),
        ('[conditions.cases.x]\n"data.root" = "x"\n', "2: unknown path 'data.root'"),
        ('[conditions.cases.base]\n"training.epochs" = 3\n', "1: a case may not be named 'base'"),
        ('[conditions.axes]\n"training.epochs" = 3\n', "2: conditions.axes.training.epochs = 3"),
        ('[conditions.axes]\n"training.epochs" = []\n', "2: "),
        ("[conditions.cases]\nx = 3\n", "2: conditions.cases.x = 3: it should be a table"),
        ("[conditions]\naxis = {}\n", "2: unknown key 'axis' in .*'axes'"),
        (
            '[conditions.axes]\n"training.epochs" = [\n 2,\n 0]\n',
            "4: condition 'training.epochs=0': training.epochs = 0: ",
        ),
        (
            '[conditions.axes]\n"networks.encoder" = ["conv", "cnv"]\n',
            "2: condition 'networks.encoder=cnv': unknown encoder 'cnv'; the nearest is 'conv'",
        ),
        (
            '[conditions.cases.big]\n"training.epochs" = 1\n"training.batch_size" = 9\n',
            "3: condition 'big': batch_size 9 exceeds the 4 training images",
        ),
        (
            '[conditions.cases.few]\n"training.epochs" = 1\n"data.train_images" = 1\n',
            "3: condition 'few': batch_size 2 exceeds the 1 training images",
        ),
        (
            '[conditions.axes]\n"training.epochs" = [3, 3]\n',
            "2: training.epochs = 3 stands twice",
        ),
        (
            '[conditions.axes]\n"training.learning_rate" = [1, 1.0]\n',
            "2: training.learning_rate = 1.0 stands twice",
        ),
        (
            '[conditions.axes]\n"training.epochs" = [3]\n'
            '[conditions.cases."training.epochs=3"]\n"training.flip" = false\n',
            "3: condition 'training.epochs=3' exists twice",
        ),
        (
            '[conditions.axes]\n"training.epochs" = [3]\n"training . epochs" = [4]\n',
            "3: 'training . epochs' and 'training.epochs' set the same value",
        ),
        (
            '[conditions.cases.x]\n"networks.decoder" = {}\n"networks.decoder.width" = 4\n',
            "3: 'networks.decoder.width' and 'networks.decoder' set the same value",
        ),
        (
            '[conditions.cases.x]\n"tasks.normal.loss" = "cross_entropy"\n',
            "2: condition 'x': task 'normal' of kind 'normal' cannot have loss",
        ),
    ],
)
def test_errors_are_located_at_the_axis_or_case(refused: Any, more: str, expected: str) -> None:
    found = refused(more)
    assert any(re.match(expected, line) for line in found), found


def test_a_product_without_end_is_refused(refused: Any) -> None:
    ten = list(range(2, 12))
    paths = ("epochs", "batch_size", "step_epochs", "patience", "warmup_steps")
    axes = "".join(f'"training.{path}" = {ten}\n' for path in paths)
    (line,) = refused(f"[conditions.axes]\n{axes}")
    assert line == "1: the product of the axes has more than 10000 conditions"


def test_what_a_score_lacks_in_a_condition_is_told(refused: Any) -> None:
    more = '[conditions.cases.whole]\n"networks.single_capacities" = [1.0]\n'
    found = refused(more)
    assert any("score 'ias' reads half-capacity single nets" in line for line in found)
    assert all("in condition 'whole'" in line for line in found)
