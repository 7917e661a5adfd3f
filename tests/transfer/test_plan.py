"""The plan of a transfer study: what is shared, what is new, and what is not known yet."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from specbench.plan.grid import Plan, expand
from specbench.plan.jobs import Kind
from specbench.plan.transfer import most_related
from specbench.scheduler.drawing import draw
from specbench.scheduler.survey import survey


def pretrained(plan: Plan) -> set[str]:
    return {key for cell in plan.transfers for key in cell.pretrained.split("+") if key}


def test_a_set_is_pretrained_once_whatever_its_targets_seeds_and_rates(
    plan_of: Any, text: str
) -> None:
    plan = plan_of(text)
    count = Counter(cell.source_set for cell in plan.transfers)
    assert set(count.values()) == {2 * 2 * 2}, "targets, seeds and rates"
    for name in count:
        keys = {cell.pretrained for cell in plan.transfers if cell.source_set == name}
        assert len(keys) == 1
    assert all(plan.jobs[key].kind is Kind.NETWORK for key in pretrained(plan))
    tasks = {name for key in pretrained(plan) for name in plan.jobs[key].content["tasks"]}
    assert tasks == {"depth_zbuffer", "edge_texture", "reshading"}, "no target is among them"


def test_a_finetuning_needs_its_pretraining_and_says_so_in_its_content(
    plan_of: Any, text: str
) -> None:
    plan = plan_of(text)
    for cell in plan.transfers:
        job = plan.jobs[cell.key]
        assert set(cell.pretrained.split("+")) - {""} <= set(job.needs)
        assert ("start" in job.content) == bool(cell.sources)
        assert job.content["seed"] == cell.seed
        assert job.content["training"]["learning_rate"] == cell.rate
        assert job.content["training"]["samples"] == 2


def test_without_pretraining_a_target_is_a_network_like_any_other(plan_of: Any, text: str) -> None:
    plan = plan_of(text)
    plain = text[: text.index("[transfer]")].replace("epochs = 2", "epochs = 1\nsamples = 2")
    plain = plain.replace("single_capacities = [0.5]", "single_capacities = [0.5, 1.0]")
    others = plan_of(
        plain.replace("[training]", "[training]\nlearning_rate = 0.001"), name="b.toml"
    )
    none = {c.key for c in plan.transfers if c.source_set == "none" and c.rate == 0.001}
    assert none <= set(others.jobs)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('targets = ["normal", "segment_semantic"]', 'targets = ["normal"]'),
        ("seeds = [0, 1]", "seeds = [0]"),
        ('"all", {random', "{random"),
        ("random = 2", "random = 1"),
        ("learning_rates = [0.001, 0.002]", "learning_rates = [0.001]"),
    ],
)
def test_adding_a_target_a_seed_a_set_or_a_rate_runs_only_what_is_new(
    study: Any, run: Any, runner: Any, text: str, old: str, new: str
) -> None:
    assert old in text
    fewer = text.replace(old, new)
    first = {ticket.key for ticket in run(study(fewer))}
    whole = expand(study(text), runner.results)
    again = run(study(text))
    assert again
    assert first.isdisjoint(ticket.key for ticket in again)
    assert not run(study(text)), "a finished study runs nothing"
    final = expand(study(text), runner.results)
    assert not final.undecided
    new_jobs = set(final.jobs) - first
    assert {ticket.key for ticket in again} == new_jobs
    assert set(whole.jobs) <= set(final.jobs)


def test_a_score_chooses_the_sources_once_it_is_computed(
    study: Any, run: Any, runner: Any, text: str
) -> None:
    one = study(text)
    before = expand(one, runner.results)
    assert before.undecided == {"base": ["related-2 rsa"]}
    assert "known when their score is computed: related-2 rsa" in draw(survey(one, runner.results))
    started = run(one)
    after = expand(one, runner.results)
    assert set(after.jobs) >= set(before.jobs)
    assert {ticket.key for ticket in started} == set(after.jobs)
    for target in ("normal", "segment_semantic"):
        (key,) = {c.key for c in after.scores if (c.score, c.target) == ("rsa", target)}
        rows = runner.results.read(key)["result"]["rows"]
        values = {row["partner"]: row["value"] for row in rows if row["target"] == target}
        best = sorted(values, key=lambda name: -values[name])[:2]
        cells = [c for c in after.transfers if c.source_set == "related-2 rsa"]
        chosen = {c.sources for c in cells if c.target == target}
        assert chosen == {"+".join(sorted(best))}


def test_a_study_whose_score_fails_ends_and_keeps_what_is_done(
    study: Any, runner: Any, fake: Any, text: str
) -> None:
    outcome = runner(study(text), fake(fails=lambda ticket: ticket.kind == "score"))
    assert outcome.failed
    assert runner(study(text), fake(), retry_failed=True).ok


def test_what_scores_read_of_a_target_is_no_more_than_finetuning_sees(
    plan_of: Any, text: str
) -> None:
    plan = plan_of(text)
    for cell in plan.networks:
        few = plan.jobs[cell.key].content["training"].get("samples")
        assert few == (2 if cell.network in ("normal", "segment_semantic") else None), cell


def test_each_seed_can_have_pretrainings_of_its_own(plan_of: Any, text: str) -> None:
    each = plan_of(text.replace("[transfer]\n", "[transfer]\npretrain_seed = 'each'\n"))
    seeds = {
        (cell.seed, each.jobs[key].content["seed"])
        for cell in each.transfers
        for key in cell.pretrained.split("+")
        if key
    }
    assert seeds == {(0, 0), (1, 1)}


def test_a_sweep_of_pretraining_is_needed_whole_by_every_finetuning(
    plan_of: Any, text: str
) -> None:
    plan = plan_of(text.replace("[transfer]\n", "[transfer]\npretrain_rates = [0.1, 0.2]\n"))
    for cell in plan.transfers:
        keys = [key for key in cell.pretrained.split("+") if key]
        assert len(keys) == (2 if cell.sources else 0)
        rates = {plan.jobs[key].content["training"]["learning_rate"] for key in keys}
        assert rates == ({0.1, 0.2} if keys else set())


def test_conditions_vary_the_second_stage(plan_of: Any, text: str) -> None:
    plan = plan_of(text + '\n[conditions.axes]\n"transfer.finetune.trains" = ["whole", "head"]\n')
    heads = [c for c in plan.transfers if c.condition == "transfer.finetune.trains=head"]
    whole = [c for c in plan.transfers if c.condition == "base"]
    assert {plan.jobs[c.key].content["start"]["trains"] for c in heads} == {"head"}
    assert {c.pretrained for c in heads} == {c.pretrained for c in whole}
    assert all(
        plan.jobs[a.key].work < plan.jobs[b.key].work for a, b in zip(heads, whole, strict=True)
    )


def test_ties_and_undefined_pairs_leave_an_order() -> None:
    rows = [
        {"target": "t", "partner": name, "value": value}
        for name, value in (("c", 1.0), ("b", 1.0), ("a", None), ("d", 0.5))
    ]
    assert most_related(rows, "t", 1) == ("b",)
    assert most_related(rows, "t", 2) == ("b", "c")
    assert most_related(rows, "t", 9) == ("b", "c", "d")
