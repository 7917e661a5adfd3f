"""H-score against the formula written out, and what shrinkage has to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.scores.contract import State
from specbench.scores.h_score import HScore, h_score, ledoit_wolf
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.scores import ScoreContract

SCORE = HScore()
SEEDS = st.integers(0, 10_000)


class TestContract(ScoreContract):
    score = SCORE


def written_out(features: np.ndarray, labels: np.ndarray) -> float:
    """Return the score by loops over places, as the papers write it."""
    n, width = features.shape
    centred = features - features.mean(0)
    sample = sum(np.outer(x, x) for x in centred) / n
    level = np.trace(sample) / width
    away = np.linalg.norm(sample - level * np.eye(width)) ** 2
    noise = sum(np.linalg.norm(np.outer(x, x) - sample) ** 2 for x in centred) / n**2
    alpha = min(1.0, noise / away)
    shrunk = (1 - alpha) * sample + alpha * level * np.eye(width)
    means = np.array([centred[labels == label].mean(0) for label in labels])
    between = means.T @ means / n
    return float(np.trace(np.linalg.inv(shrunk) @ ((1 - alpha) * between)))


@given(SEEDS, st.integers(10, 40), st.integers(2, 5), st.integers(2, 4))
def test_equal_to_the_formula_written_out(seed: int, n: int, width: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    features = rng.normal(size=(n, width)) + labels[:, None]
    assert h_score(features, labels) == pytest.approx(written_out(features, labels), abs=1e-9)


def test_one_feature_gives_the_share_of_variance_between_classes() -> None:
    labels = np.repeat([0, 1], 500)
    features = np.random.default_rng(0).normal(size=(1000, 1)) + 2.0 * labels[:, None]
    means = np.array([features[labels == k].mean() for k in (0, 1)])
    share = means.var() / features.var()
    assert h_score(features, labels) == pytest.approx(share)
    two = np.column_stack([features, 0.1 * np.random.default_rng(1).normal(size=1000)])
    assert h_score(two, labels) == pytest.approx(share, abs=0.01)


@given(SEEDS)
def test_names_of_classes_and_scale_of_features_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(30, 3)), rng.integers(0, 3, 30)
    found = h_score(features, labels)
    assert h_score(5 * features + 2, labels) == pytest.approx(found)
    assert h_score(features, np.array([9, 4, 6])[labels]) == pytest.approx(found)


def test_shrinkage_goes_away_with_more_data() -> None:
    rng = np.random.default_rng(0)
    shape = np.array([1.0, 2.0, 3.0])
    few, many = (ledoit_wolf(rng.normal(size=(n, 3)) * shape)[1] for n in (10, 10_000))
    assert 0 <= many < 0.01 < few <= 1


def test_targets_without_classes_are_a_reason() -> None:
    tasks = {name: CATALOGUE[name] for name in ("normal", "segment_semantic")}
    assert list(SCORE.undefined(tasks)) == [("normal", "segment_semantic")]


def test_constant_features_and_one_class_are_reasons() -> None:
    task = CATALOGUE["segment_semantic"]
    constant = SCORE.value(np.ones((4, 2)), np.array([0, 1, 0, 1]), task)
    assert constant.state is State.UNDEFINED
    single = SCORE.value(np.eye(4), np.zeros(4, dtype=int), task)
    assert single.reason == "one class only among the probe places"
