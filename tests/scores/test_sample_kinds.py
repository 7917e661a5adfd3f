"""Scores of tasks that belong to an image as a whole: binary answers and numbers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from specbench.scores.classes import as_classes, chances
from specbench.scores.contract import State, ordered_pairs
from specbench.scores.features import find_places
from specbench.scores.ias import attribution
from specbench.scores.logme import LogME
from specbench.scores.projected import log_odds, numbers
from specbench.scores.registry import SCORES
from specbench.scores.task2vec import drawn_score
from specbench.tasks.labels import Label, prepare
from specbench.testing.probes import OF_SAMPLES, make_inputs

RIPE, WEIGHT = OF_SAMPLES["ripe"], OF_SAMPLES["weight"]
TASKS = ("class_scene", "normal", "ripe", "weight")


@pytest.mark.parametrize("name", ["rsa", "cka", "ias", "logme", "h_score", "leep", "nce"])
def test_every_pair_has_a_finite_value_or_a_reason(name: str, tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, SCORES[name], TASKS)
    pairs = SCORES[name].compute(inputs).pairs
    assert set(pairs) == set(ordered_pairs(inputs.tasks))
    known = {pair for pair, found in pairs.items() if found.state is State.DEFINED}
    assert all(math.isfinite(pairs[pair].value or 0) for pair in known)
    reasons = SCORES[name].undefined(inputs.tasks)
    assert known == set(pairs) - set(reasons)
    assert {("ripe", "class_scene"), ("class_scene", "ripe")} <= known


@pytest.mark.parametrize("name", ["task2vec", "grad_tag", "tag", "cs", "gt"])
def test_scores_of_gradients_take_them_too(name: str, tmp_path: Path) -> None:
    given = {"images": 4} if name in ("task2vec", "grad_tag") else {}
    inputs = make_inputs(tmp_path, SCORES[name], ("ripe", "weight"), given)
    for found in SCORES[name].compute(inputs).pairs.values():
        assert found.state is State.DEFINED
        assert found.value is not None
        assert math.isfinite(found.value)


def test_a_binary_net_is_a_net_of_two_classes() -> None:
    logits = torch.randn(7, 1, generator=torch.Generator().manual_seed(0))
    both = chances(RIPE, logits)
    assert both.shape == (7, 2)
    torch.testing.assert_close(both[:, 1:], logits.double().sigmoid())
    label = as_classes(RIPE, prepare(RIPE, torch.tensor([[1.0], [0.0], [math.nan]])))
    assert label.value[label.valid].tolist() == [1, 0]
    assert as_classes(WEIGHT, label) is label


def test_places_hold_binary_labels_as_classes(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, LogME(), TASKS)
    where = find_places(inputs, {("ripe",)})[("ripe",)]
    packed = np.load(inputs.data["ripe"] / "val.npy")
    assert len(where) == np.isfinite(packed).sum()
    assert where.labels["ripe"].dtype.kind == "i"


def test_the_number_of_a_binary_sample_is_the_log_odds_of_its_label(tmp_path: Path) -> None:
    inputs = make_inputs(tmp_path, LogME(), TASKS)
    where = find_places(inputs, {("ripe",)})[("ripe",)]
    for image, label in zip(where.image, where.labels["ripe"], strict=True):
        (z,) = numbers(RIPE, torch.tensor([0.7]), where, int(image))
        assert z == pytest.approx(log_odds(torch.tensor([0.0, 0.7]), int(label)))


def test_a_binary_answer_is_attributed_to_the_odds_of_what_is_predicted() -> None:
    class Scaled(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"ripe": images.mean((2, 3))}

    images = torch.stack([torch.ones(1, 2, 2), -torch.ones(1, 2, 2), torch.ones(1, 2, 2)])
    label = Label(torch.zeros(3, 1), torch.tensor([True, True, False]))
    found = attribution(Scaled(), RIPE, images, label)  # type: ignore[arg-type]
    # |z| rises with z where z > 0 and falls where z < 0: gradient × input is positive in both.
    assert found.tolist() == [[0.25] * 4, [0.25] * 4, [0.0] * 4]


def test_drawn_answers_have_the_score_of_a_bernoulli() -> None:
    logits = torch.full((4000, 1), 0.8)
    drawn = drawn_score(RIPE, logits, 0)
    chance = logits[0].sigmoid().item()
    assert sorted(drawn.unique().tolist()) == pytest.approx([-chance, 1 - chance])
    assert drawn.mean().item() == pytest.approx(0, abs=0.03)
