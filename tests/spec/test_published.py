"""Studies of published figures: what they may not say is refused where it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load

GOOD = """\
tasks = ["a", "b"]
[data]
kind = "published"
losses = "f.csv"
"""
FIGURES = "network,target,val_loss\na,a,1\nb,b,1\na+b,a,1\na+b,b,1\n"
SCORES = "score,target,partner,value\nTAG,a,b,1\nTAG,b,a,1\n"


@pytest.fixture
def said(tmp_path: Path) -> Any:
    def said(text: str) -> str:
        (tmp_path / "f.csv").write_text(FIGURES)
        (tmp_path / "s.csv").write_text(SCORES)
        path = tmp_path / "study.toml"
        path.write_text(text)
        with pytest.raises(SpecError) as caught:
            load(path)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return said


def test_the_good_one_is_good(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(FIGURES)
    (tmp_path / "study.toml").write_text(GOOD)
    made = load(tmp_path / "study.toml")
    assert list(made.base.tasks) == ["a", "b"]
    assert '"tasks": {\n  "a": {}' in made.resolved()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("[training]\nepochs = 2\n", r"study.toml:5: \[training\] says how networks are trained"),
        ("[networks]\n", r"study.toml:5: \[networks\] says how"),
        ("[study]\nseeds = [0]\n", "study.toml:6: seeds stand in the files"),
        ("image_size = 64\n", "study.toml:5: unknown key 'image_size'"),
        ("scale = { X = 2 }\n", "study.toml:5: data.scale names factors"),
        ("scores = 's.csv'\nscale = { X = 2 }\n", "study.toml:6: data.scale.X: no such score"),
        ("[scores.ias]\n", "study.toml:5: score 'ias' reads half-capacity"),
        ("scores = 's.csv'\n[choose]\nsplits = [2]\nmethods = ['tagg']\n",
         "study.toml:8: unknown method 'tagg', .* the nearest is 'tag'"),
        ("[choose]\nsplits = [2]\nmethods = ['td']\n", "study.toml:7: unknown method 'td'"),
        ("[choose]\n", "study.toml:5: no limit"),
        ("[choose]\nbudgets = [1, 2, 1.0]\n", "study.toml:6: choose.budgets: 1 stands twice"),
        ("[choose]\nbudgets = [0]\n", "study.toml:6: "),
        ("[choose]\nsplits = [2]\ncandidates = 'groups'\ncost = 'macs'\n", "study.toml:8: "),
        ("[conditions.cases.x]\n'training.epochs' = 3\n",
         r"study.toml:6: condition 'x': \[training\]"),
        ("[conditions.cases.x]\n'data.kind' = 'rooms'\n", r"study.toml:\d+: .*"),
        ("[conditions.cases.x]\n'data.losses' = 'g.csv'\n", "study.toml:.*no such file"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_place(said: Any, more: str, expected: str) -> None:
    found = said(GOOD + more)
    assert re.match(expected, found), found


def test_no_file_at_all(said: Any) -> None:
    assert "study.toml:2: no file is named" in said(GOOD.replace('losses = "f.csv"\n', ""))


def test_a_file_that_is_not_there(said: Any) -> None:
    found = said(GOOD.replace("f.csv", "g.csv"))
    assert re.match(r"study.toml:4: data.losses = '.*g.csv': no such file", found)


def test_a_task_has_a_name_and_no_more(said: Any) -> None:
    text = GOOD.replace('tasks = ["a", "b"]\n', "") + "[tasks.a]\nweight = 2.0\n[tasks.b]\n"
    assert "study.toml:5: tasks.a.weight: a task of published figures" in said(text)


def test_a_row_of_the_file_is_named_by_its_own_line(said: Any) -> None:
    found = said(GOOD.replace('"b"]', '"c"]'))
    assert found.startswith("f.csv:3: unknown task 'b'")


def test_unstated_is_for_published_losses(said: Any, rooms_text: str) -> None:
    assert "baseline 'unstated'" in said(rooms_text + "[gain]\nbaseline = 'unstated'\n")


def test_all_groups_of_many_tasks_are_refused(said: Any, rooms_text: str) -> None:
    tasks = "".join(f"[tasks.t{i}]\ndomain = 'normal'\n" for i in range(13))
    text = rooms_text.replace('encoder = "conv"', 'encoder = "conv"\ngroups = ["groups"]')
    assert "takes at most 12 tasks" in said(text + tasks)


def test_the_word_groups_means_every_group(study: Any, rooms_text: str) -> None:
    text = rooms_text.replace('encoder = "conv"', 'encoder = "conv"\ngroups = ["groups"]')
    assert len(study(text).base.groups) == 7
