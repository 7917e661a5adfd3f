"""Training methods in the plan: keys, what single nets share, what decides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from specbench.plan.grid import Plan
from specbench.training.methods.catalogue import METHODS

GUIDED = (
    '\n[training.method_settings.it_mtl]\ncandidates = ["mean", ["normal"], ["edge_texture"]]\n'
)


def keys(plan: Plan, condition: str = "base") -> dict[tuple[str, float, int | None], str]:
    return {
        (cell.network, cell.capacity, cell.seed): cell.key
        for cell in plan.networks
        if cell.condition == condition
    }


def by(text: str, method: str, more: str = "") -> str:
    return text.replace("batch_size = 2", f'batch_size = 2\nmethod = "{method}"{more}')


def content(plan: Plan, network: str) -> dict[str, Any]:
    key = next(cell.key for cell in plan.networks if cell.network == network)
    found: dict[str, Any] = plan.jobs[key].content["training"]
    return found


def test_equal_written_out_is_the_default(plan_of: Any, rooms_text: str) -> None:
    plain = plan_of(rooms_text)
    assert set(plan_of(by(rooms_text, "equal")).jobs) == set(plain.jobs)
    assert content(plain, "edge_texture+normal")["method"] == "equal"
    assert not [name for name in content(plain, "normal") if name.startswith("method_")]


@pytest.mark.parametrize("method", [name for name in METHODS if name != "equal"])
def test_networks_of_one_task_are_those_of_equal(
    plan_of: Any, rooms_text: str, method: str
) -> None:
    if METHODS[method].missing():
        pytest.skip(f"{method} needs {METHODS[method].missing()}")
    plain, other = keys(plan_of(rooms_text)), keys(plan_of(by(rooms_text, method)))
    for place, key in plain.items():
        assert (other[place] == key) == ("+" not in place[0])


def test_an_axis_of_methods_trains_single_nets_once(plan_of: Any, rooms_text: str) -> None:
    axes = '[conditions.axes]\n"training.method" = ["equal", "pcgrad", "dwa"]\n'
    plan = plan_of(rooms_text + axes)
    names = ["base", "training.method=pcgrad", "training.method=dwa"]
    found = [keys(plan, name) for name in names]
    singles = [{k: v for k, v in one.items() if "+" not in k[0]} for one in found]
    joint = [{v for k, v in one.items() if "+" in k[0]} for one in found]
    assert singles[0] == singles[1] == singles[2]
    assert not joint[0] & joint[1]
    assert not joint[1] & joint[2]
    trained = [job for job in plan.jobs.values() if job.kind == "network"]
    assert len(trained) == len(set(singles[0].values())) + sum(map(len, joint))


def test_version_and_settings_are_in_the_key(
    plan_of: Any, rooms_text: str, monkeypatch: Any
) -> None:
    import dataclasses

    text = by(rooms_text, "mgda")
    plain = plan_of(text)
    assert content(plain, "edge_texture+normal")["method_settings"] == {
        "epsilon": 0.001,
        "iterations": 100,
    }
    same = text + "\n[training.method_settings.mgda]\niterations = 100\n"
    assert set(plan_of(same).jobs) == set(plain.jobs)
    other = keys(plan_of(same.replace("100", "99")))
    raised = dataclasses.replace(METHODS["mgda"], version=2)
    monkeypatch.setitem(METHODS, "mgda", raised)
    for changed in (other, keys(plan_of(text))):
        for place, key in keys(plain).items():
            assert (changed[place] == key) == ("+" not in place[0])


def test_settings_of_other_methods_decide_nothing(plan_of: Any, rooms_text: str) -> None:
    more = "\n[training.method_settings.dwa]\ntemperature = 5.0\n"
    assert set(plan_of(rooms_text + more).jobs) == set(plan_of(rooms_text).jobs)
    pcgrad = by(rooms_text, "pcgrad")
    assert set(plan_of(pcgrad + more).jobs) == set(plan_of(pcgrad).jobs)


def test_settings_can_be_an_axis(plan_of: Any, rooms_text: str) -> None:
    axes = '[conditions.axes]\n"training.method_settings.mgda.iterations" = [100, 5]\n'
    plan = plan_of(by(rooms_text, "mgda") + axes)
    few = keys(plan, "training.method_settings.mgda.iterations=5")
    assert few["edge_texture+normal", 1.0, 0] != keys(plan)["edge_texture+normal", 1.0, 0]


def test_candidates_are_those_of_the_networks_own_tasks(plan_of: Any, rooms_text: str) -> None:
    plan = plan_of(by(rooms_text, "it_mtl") + GUIDED)
    mean, normal, edges = {"method": "mean"}, {"tasks": ["normal"]}, {"tasks": ["edge_texture"]}
    for network, expected in {
        "edge_texture+normal": [mean, edges, normal],
        "depth_zbuffer+normal": [mean, normal],
        "depth_zbuffer+edge_texture+normal": [mean, edges, normal],
    }.items():
        assert content(plan, network)["method_settings"]["candidates"] == expected
    turned = GUIDED.replace('"mean", ["normal"]', '["normal"], "mean"')
    assert set(plan_of(by(rooms_text, "it_mtl") + turned).jobs) == set(plan.jobs)


def test_a_candidate_brings_the_version_and_settings_of_its_method(
    plan_of: Any, rooms_text: str
) -> None:
    tables = "\n[training.method_settings.mgda]\niterations = 9\n"
    named = '\n[training.method_settings.it_mtl]\ncandidates = ["mgda"]\n'
    plan = plan_of(by(rooms_text, "it_mtl") + tables + named)
    (candidate,) = content(plan, "edge_texture+normal")["method_settings"]["candidates"]
    assert candidate == {
        "method": "mgda",
        "version": 1,
        "settings": {"epsilon": 0.001, "iterations": 9},
    }
