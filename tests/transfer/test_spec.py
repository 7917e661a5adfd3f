"""What `[transfer]` may say, the sets it stands for, and where its mistakes are told."""

from __future__ import annotations

from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load
from specbench.spec.recorded import study_of
from specbench.spec.transfer import source_sets


def sets(study: Any) -> dict[str, tuple[str, ...]]:
    settings = study.base.settings
    return {one.name: one.sources for one in source_sets(settings.transfer, study.base.tasks)}


def test_words_lists_and_tables_become_sets(study: Any, text: str) -> None:
    listed = (
        'sets = ["none", "singles", "unions", ["reshading", "edge_texture"], '
        '{name = "mine", tasks = ["depth_zbuffer", "edge_texture"]}, {random = 2, size = 2}]'
    )
    start = text.index("sets = ")
    found = sets(study(text[:start] + listed + text[text.index("\n", start) :]))
    everything = ("depth_zbuffer", "edge_texture", "reshading")
    assert found == {
        "none": (),
        **{name: (name,) for name in everything},
        "shape": ("depth_zbuffer", "reshading"),
        "lines": ("edge_texture",),
        "all": everything,
        "edge_texture+reshading": ("edge_texture", "reshading"),
        "mine": ("depth_zbuffer", "edge_texture"),
        "random-2.1": found["random-2.1"],
        "random-2.2": found["random-2.2"],
    }
    assert found["random-2.1"] != found["random-2.2"]
    assert all(len(found[f"random-2.{draw}"]) == 2 for draw in (1, 2))


def test_seven_unions_of_three_groups_as_in_the_paper(study: Any, text: str) -> None:
    three = text.replace(
        'lines = ["edge_texture"]', 'lines = ["edge_texture"]\nlight = ["reshading"]'
    )
    three = three.replace('["depth_zbuffer", "reshading", "normal"]', '["depth_zbuffer", "normal"]')
    three = three.replace('"groups", "all"', '"unions"')
    found = [name for name in sets(study(three)) if "random" not in name and "related" not in name]
    assert found == [
        "none", "shape", "lines", "light", "shape+lines", "shape+light", "lines+light", "all",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'targets = ["normal"',
            'targets = ["norml"',
            "unknown task 'norml'; the nearest is 'normal'",
        ),
        ('"groups", "all"', '"groups", "al"', "unknown set 'al'"),
        ('"none", ', "", "the sets lack 'none'"),
        ('score = "rsa"', 'score = "ias"', "add [scores.ias]"),
        ("related = 2, ", "related = 9, ", "there are 3 sources"),
        ("random = 2", "random = 4", "3 sources have 3 such sets"),
        (
            '"groups", ',
            '["normal"], ',
            "task 'normal' is a target: its examples may reach no pre-tr",
        ),
        ('lines = ["edge_texture"]', 'all = ["edge_texture"]', "a group may not be named 'all'"),
        ("{random = 2, size = 2}", "{random = 2}", "random needs a size"),
        ("{random = 2, size = 2}", "{size = 2}", "exactly one of tasks, random and related"),
        ("epochs = 1", "epoch = 1", "unknown key 'epoch' in [transfer.finetune]"),
        ("{random = 2, size = 2}", "{randm = 2}", "unknown key 'randm' in [transfer.sets[3]]"),
        (
            'sources = ["depth_zbuffer", ',
            'sources = ["normals, squared", "depth_zbuffer", ',
            "source 'normals, squared' reads domain 'normal', as target 'normal' does",
        ),
    ],
)
def test_mistakes_are_told_with_their_line(
    write: Any, text: str, old: str, new: str, message: str
) -> None:
    assert old in text
    squared = '[tasks."normals, squared"]\ndomain = "normal"\nloss = "mse"\n\n[networks]'
    path = write(text.replace(old, new, 1).replace("[networks]", squared))
    with pytest.raises(SpecError) as caught:
        load(path)
    first = str(caught.value).splitlines()[0]
    assert message in first
    assert first.startswith(f"{path}:")
    assert 1 < int(first.removeprefix(f"{path}:").partition(":")[0]) <= text.count("\n") + 5


def test_a_score_that_trains_sources_with_targets_may_not_choose(write: Any, text: str) -> None:
    wrong = text.replace('score = "rsa"', 'score = "tag"').replace("[scores.rsa]", "[scores.tag]")
    wrong = wrong.replace('groups = ["singles"]', 'groups = ["singles", "all"]')
    with pytest.raises(SpecError, match="would train sources and targets together"):
        load(write(wrong))


def test_the_record_of_a_study_gives_its_sets_back(study: Any, text: str) -> None:
    one = study(text)
    again = study_of(one.name, one.passed, one.resolved())
    assert again.base.settings.transfer == one.base.settings.transfer
