"""What `networks.groups` may hold, and what many tasks make of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from specbench.errors import SpecError

MANY = "\n".join(
    f"[tasks.t{number:03d}]\ndomain = 't{number:03d}'\nkind = 'image_class'\nclasses = 2"
    for number in range(140)
)


def spec(tasks: int, groups: str) -> str:
    """A study of arrays with so many tasks of two classes."""
    sections = MANY.split("\n[")[:tasks]
    listed = sections[0] + "".join(f"\n[{section}" for section in sections[1:])
    data = "[data]\nkind = 'arrays'\nroot = 'arrays'\n"
    return f"{data}{listed}\n[networks]\ngroups = {groups}\n[scores.tag]\n[scores.cs]\n"


@pytest.mark.parametrize("tasks", [12, 29, 40, 139])
def test_many_tasks_have_as_many_groups_as_are_asked_for(study: Any, tasks: int) -> None:
    groups = "['singles', 'pairs', 'all', {random = 60, size = 5}, ['t001', 't000', 't002']]"
    found = study(spec(tasks, groups)).base.groups
    pairs = tasks * (tasks - 1) // 2
    assert Counter(map(len, found)) == {1: tasks, 2: pairs, 3: 1, 5: 60, tasks: 1}
    assert all(group == tuple(sorted(group)) for group in found)


def test_a_plan_of_many_tasks_has_a_network_a_group(plan_of: Any) -> None:
    plan = plan_of(spec(40, "['singles', 'pairs', 'all', {random = 200, size = 5}]"))
    assert len(plan.networks) == 2 * 40 + 780 + 1 + 200
    assert Counter(str(job.kind) for job in plan.jobs.values())["network"] == 1061


def test_more_random_groups_keep_the_networks_there_are(plan_of: Any) -> None:
    fewer, more = (
        {cell.key for cell in plan_of(spec(40, f"['all', {{random = {k}, size = 5}}]")).networks}
        for k in (20, 30)
    )
    assert fewer < more
    assert len(more) == 31


def test_sizes_and_seeds_stand_side_by_side(study: Any) -> None:
    groups = (
        "['all', {random = 4, size = 3}, {random = 4, size = 3, seed = 1}, {random = 2, size = 6}]"
    )
    assert Counter(map(len, study(spec(28, groups)).base.groups)) == {28: 1, 3: 8, 6: 2}


@pytest.mark.parametrize(
    ("tasks", "item", "line", "message"),
    [
        (40, "{random = 2, size = 41}", 165, "networks.groups[1].size = 41: there are 40 tasks"),
        (6, "{random = 16, size = 4}", 29, "groups[1].random = 16: 6 tasks have 15 groups of 4"),
        (6, "{random = 16, size = 1}", 29, "networks.groups[1].size = 1: it should be greater"),
        (6, "{random = 0, size = 2}", 29, "networks.groups[1].random = 0: it should be greater"),
        (6, "{random = 16}", 29, "networks.groups[1].size is missing"),
        (6, "{random = 3, size = 2, sead = 1}", 29, "groups[1]]; the nearest valid name is 'seed'"),
        (6, "3", 29, "networks.groups[1] = 3: it should be a valid string"),
        (13, "'groups'", 57, "8191 networks; it takes at most 12 tasks: draw some"),
    ],
)  # fmt: skip
def test_impossible_groups_are_refused_in_words(
    study: Any, tasks: int, item: str, line: int, message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        study(spec(tasks, f"['all', {item}]"))
    (said,) = str(refused.value).splitlines()
    assert message in said
    assert f"tiny.toml:{line}: " in said
