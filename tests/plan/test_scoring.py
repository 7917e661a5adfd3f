"""Scores in a plan: injected nets, traces shared by scores, keys that neighbours do not move."""

from __future__ import annotations

from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.plan.jobs import Job, Kind

EPOCHS = "[scores.gs]\n[scores.gt]\n"
STEPS = "[scores.tag]\n[scores.cs]\n[scores.etap]\n"


def of_kind(plan: Any, kind: Kind) -> list[Job]:
    return [job for job in plan.jobs.values() if job.kind is kind]


def keys(plan: Any, score: str) -> set[str]:
    return {cell.key for cell in plan.scores if cell.score == score}


def test_injected_nets_are_in_the_plan_only_for_li(plan_of: Any, rooms_text: str) -> None:
    plain, plan = plan_of(), plan_of(rooms_text + "[scores.li]\n")
    assert not any(cell.injected for cell in plain.networks)
    injected = [cell for cell in plan.networks if cell.injected]
    assert len(injected) == 2 * 6
    assert {cell.key for cell in plain.networks} < {cell.key for cell in plan.networks}
    for cell in injected:
        content = plan.jobs[cell.key].content
        assert [*content["tasks"]] == [cell.network]
        assert content["injected"]["name"] == cell.injected
        assert (content["network"]["capacity"], content["seed"]) == (0.5, cell.seed)
        assert "with the label of" in plan.jobs[cell.key].title


def test_an_injected_net_differs_from_its_single_net_in_the_label_alone(
    plan_of: Any, rooms_text: str
) -> None:
    plan = plan_of(rooms_text + "[scores.li]\n")
    by_cell = {(c.seed, c.network, c.capacity, c.injected): c.key for c in plan.networks}
    for (seed, network, capacity, injected), key in by_cell.items():
        if injected:
            mine = {**plan.jobs[key].content, "injected": ""}
            theirs = plan.jobs[by_cell[seed, network, capacity, ""]].content
            assert mine == theirs


def test_a_partners_weight_does_not_matter_to_those_who_read_its_label(
    plan_of: Any, rooms_text: str
) -> None:
    text = rooms_text + "[scores.li]\n"
    heavy = text.replace("[tasks.normal]", "[tasks.normal]\nweight = 2.0")
    found = [
        {c.key for c in plan_of(one).networks if c.injected == "normal"} for one in (text, heavy)
    ]
    assert found[0] == found[1]


def test_scores_of_one_place_share_a_trace(plan_of: Any, rooms_text: str) -> None:
    plan = plan_of(rooms_text + EPOCHS + STEPS)
    traces = of_kind(plan, Kind.TRACE)
    assert len(traces) == 2 * (3 + 1), "of three pairs and of all tasks, under two seeds"
    looks = {(t.content["probe"]["when"], *t.content["probe"]["look_aheads"]) for t in traces}
    assert looks == {("epochs", "sgd"), ("steps", "sgd")}
    for cell in plan.scores:
        job = plan.jobs[cell.key]
        assert set(job.where.get("traces", {}).values()) <= set(job.needs)
    other = plan_of(rooms_text + STEPS.replace("[scores.cs]", "[scores.cs]\nevery = 5"))
    assert len(of_kind(other, Kind.TRACE)) == 2 * 2


def test_a_scores_key_does_not_depend_on_its_neighbours(plan_of: Any, rooms_text: str) -> None:
    whole = plan_of(rooms_text + EPOCHS + STEPS)
    for name, table in (
        ("cs", "[scores.cs]\n"),
        ("gs", "[scores.gs]\n"),
        ("tag", "[scores.tag]\n"),
    ):
        alone = plan_of(rooms_text + table)
        assert keys(alone, name) == keys(whole, name)
    # The trace of CS alone looks nowhere ahead.
    (probe,) = {
        str(t.content["probe"]) for t in of_kind(plan_of(rooms_text + "[scores.cs]\n"), Kind.TRACE)
    }
    assert "'look_aheads': []" in probe


def test_probes_and_kept_weights_are_in_no_key_of_a_network(plan_of: Any, rooms_text: str) -> None:
    plain = {cell.key for cell in plan_of().networks}
    probed = plan_of(rooms_text + EPOCHS + STEPS + "[store]\nkeep_epochs_mb = 1\n")
    assert {cell.key for cell in probed.networks} == plain
    (limit,) = {job.where["keep_epochs_mb"] for job in of_kind(probed, Kind.NETWORK)}
    assert limit == 1


def test_what_a_trace_looks_at_is_in_its_key(plan_of: Any, rooms_text: str) -> None:
    def traces(table: str) -> set[str]:
        return {job.key for job in of_kind(plan_of(rooms_text + table), Kind.TRACE)}

    plain = traces("[scores.gt]\n")
    for setting in ("images = 3", "split = 'train'", "optimizer = 'own'"):
        assert not plain & traces(f"[scores.gt]\n{setting}\n")
    assert plain == traces("[scores.gt]\nform = 'per_lr'\n"), "a form changes nothing that is seen"


@pytest.mark.parametrize(
    ("table", "groups", "what"),
    [
        ("[scores.li]", ["pairs"], "add 0.5 to networks.single_capacities and 'singles'"),
        ("[scores.gs]", ["singles", "all"], "add 'pairs' to networks.groups"),
        ("[scores.gt]", ["singles", ["normal", "edge_texture"]], "add 'pairs' to networks.groups"),
        ("[scores.tag]", ["singles", "pairs"], "add 'all' to networks.groups"),
        ("[scores.cs]", ["singles"], "a trace of the net of all tasks"),
    ],
)
def test_a_score_whose_networks_are_not_trained_is_refused(
    study: Any, rooms_text: str, table: str, groups: list[Any], what: str
) -> None:
    text = rooms_text.replace("[networks]", f"[networks]\ngroups = {groups}") + table
    with pytest.raises(SpecError, match=what):
        study(text.replace("[scores.ias]\n[scores.rsa]\n", ""))


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ("[scores.tag]\nevery = 0", "every = 0: at least 1"),
        ("[scores.gt]\nform = 'ratio'", "form"),
        ("[scores.gt]\noptimizer = 'adam'", "optimizer"),
        ("[scores.li]\nsplit = 'tets'", "unknown split"),
        ("[scores.gs]\nimages = 1", "at least 2"),
        ("[store]\nkeep_epochs_mb = -1", "keep_epochs_mb"),
    ],
)
def test_settings_without_meaning_are_refused(
    study: Any, rooms_text: str, table: str, what: str
) -> None:
    with pytest.raises(SpecError, match=what):
        study(rooms_text + table)


TRANSFERENCE = "[scores.tag]\n[scores.transference]\n"


def traces_of(plan: Any) -> list[dict[str, Any]]:
    return [job.content for job in plan.jobs.values() if job.kind is Kind.TRACE]


def test_group_transference_looks_ahead_along_the_groups_of_the_study(
    plan_of: Any, rooms_text: str
) -> None:
    plan = plan_of(rooms_text + TRANSFERENCE, "study.seeds=[0]")
    (trace,) = traces_of(plan)
    assert trace["probe"]["listed"] == [[0, 1], [0, 2], [1, 2], [0, 1, 2]]
    (score,) = (j.content for j in plan.jobs.values() if j.content.get("score") == "transference")
    assert [len(group) for group in score["groups"]] == [2, 3, 2, 2]
    (tag,) = (j.content for j in plan.jobs.values() if j.content.get("score") == "tag")
    assert "groups" not in tag


def test_a_trace_without_listed_sets_keeps_its_key(plan_of: Any, rooms_text: str) -> None:
    (trace,) = traces_of(plan_of(rooms_text + "[scores.tag]\n", "study.seeds=[0]"))
    assert set(trace["probe"]) == {"when", "every", "split", "images", "look_aheads", "groups"}
    assert set(trace) == {"kind", "version", "network", "probe"}


def test_tag_along_every_set_of_many_tasks_is_refused(study: Any) -> None:
    tasks = "".join(
        f"[tasks.t{n}]\ndomain = 't{n}'\nkind = 'image_class'\nclasses = 2\n" for n in range(13)
    )
    head = "[data]\nkind = 'arrays'\nroot = 'arrays'\n" + tasks
    with pytest.raises(SpecError, match="8191 sets of 13 tasks"):
        study(head + "[networks]\ngroups = ['all']\n[scores.tag]\ngroups = true\n")
