"""LEEP and NCE on tables made by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.scores.leep import LogExpectedEmpiricalPrediction, leep
from specbench.scores.nce import NegativeConditionalEntropy, negative_conditional_entropy
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.probes import make_inputs
from specbench.testing.scores import ScoreContract

SEEDS = st.integers(0, 10_000)


class TestLeep(ScoreContract):
    score = LogExpectedEmpiricalPrediction()


class TestNce(ScoreContract):
    score = NegativeConditionalEntropy()


def test_leep_by_hand() -> None:
    outputs = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9]])
    labels = np.array([0, 0, 1, 1])
    # Σθ over places is (1.8, 2.2), of class 0 (1.4, 0.6): P(0|z) = (7/9, 3/11).
    zero, one = np.array([7 / 9, 3 / 11]), np.array([2 / 9, 8 / 11])
    chances = [outputs[0] @ zero, outputs[1] @ zero, outputs[2] @ one, outputs[3] @ one]
    assert leep(outputs, labels) == pytest.approx(np.mean(np.log(chances)))


def test_nce_by_hand() -> None:
    partner = np.array([0, 0, 0, 0, 1, 1])
    target = np.array([5, 5, 5, 7, 7, 7])
    # Z = 1 leaves no doubt; Z = 0, four times in six, leaves 3/4 against 1/4.
    doubt = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert negative_conditional_entropy(target, partner) == pytest.approx(-doubt * 4 / 6)
    assert negative_conditional_entropy(partner, partner) == 0


@given(SEEDS)
def test_leep_of_certain_outputs_is_nce_of_the_predicted_classes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predicted, labels = rng.integers(0, 3, 20), rng.integers(0, 4, 20)
    expected = negative_conditional_entropy(labels, predicted)
    assert leep(np.eye(3)[predicted], labels) == pytest.approx(expected)


@given(SEEDS)
def test_names_of_classes_do_not_matter_and_values_are_not_positive(seed: int) -> None:
    rng = np.random.default_rng(seed)
    target, partner = rng.integers(0, 3, 20), rng.integers(0, 4, 20)
    found = negative_conditional_entropy(target, partner)
    assert found <= 0
    renamed = negative_conditional_entropy(10 - target, np.array([7, 1, 5, 3])[partner])
    assert renamed == pytest.approx(found)
    outputs = rng.dirichlet(np.ones(4), 20)
    assert leep(outputs, target) <= 0
    assert leep(outputs[:, ::-1], 10 - target) == pytest.approx(leep(outputs, target))


@pytest.mark.parametrize("score", [TestLeep.score, TestNce.score], ids=lambda score: score.name)
def test_only_pairs_with_classes_are_defined(score: TestLeep, tmp_path: Path) -> None:
    tasks = {name: CATALOGUE[name] for name in ("class_scene", "normal", "segment_semantic")}
    reasons = score.undefined(tasks)
    assert set(reasons) == {pair for pair in reasons if "normal" in pair}
    assert len(reasons) == 4
    assert "two tasks with classes, normal has none" in reasons["normal", "class_scene"]


def test_nce_reads_no_network_and_leep_only_those_with_classes(tmp_path: Path) -> None:
    assert TestNce.score.compute(make_inputs(tmp_path, TestNce.score)).macs == 0
    inputs = make_inputs(tmp_path, TestLeep.score)
    read = [inputs.networks[name].result for name in ("class_scene", "segment_semantic")]
    assert TestLeep.score.compute(inputs).macs == sum(
        result["training_macs"] + 12 * result["macs"] for result in read
    )
