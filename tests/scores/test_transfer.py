"""The score `transfer`: the laws of scores, and its closed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specbench.plan.jobs import Kind
from specbench.scores.contract import finetuned_name
from specbench.scores.transfer import IntermediateTransfer
from specbench.testing.probes import make_inputs
from specbench.testing.scores import ScoreContract, values

SCORE = IntermediateTransfer()


class TestContract(ScoreContract):
    score = SCORE


def test_it_is_the_relative_difference_of_the_validation_losses(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, SCORE)

    def loss(name: str) -> float:
        rows = inputs.networks[name].result["losses"]
        return float(next(row["loss"] for row in rows if row["split"] == "val"))

    for (a, b), value in values(SCORE.compute(inputs)).items():
        finetuned = loss(finetuned_name(a, b))
        assert value == pytest.approx((loss(a) - finetuned) / finetuned)


def test_any_study_can_have_it(plan_of: Any, rooms_text: str) -> None:
    plan = plan_of(rooms_text + "[scores.transfer]\n")
    starts = {
        key: job.content["start"]["networks"]
        for key, job in plan.jobs.items()
        if job.kind is Kind.NETWORK and "start" in job.content
    }
    assert len(starts) == 2 * 3 * 2, "seeds, and ordered pairs"
    for key, (start,) in starts.items():
        mine, theirs = plan.jobs[key].content, plan.jobs[start].content
        assert mine["seed"] == theirs["seed"]
        assert mine["network"] == theirs["network"]
        assert set(mine["tasks"]).isdisjoint(theirs["tasks"])
    cells = [cell for cell in plan.scores if cell.score == "transfer"]
    assert len(cells) == 2
    assert all(set(starts) & set(plan.jobs[cell.key].needs) for cell in cells)
