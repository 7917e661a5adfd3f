"""LogME against the evidence of a Gaussian, written as one, on a plain grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from scipy import stats

from specbench.scores.contract import State
from specbench.scores.logme import LogME, log_maximum_evidence
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.scores import ScoreContract

SCORE = LogME()
SEEDS = st.integers(0, 10_000)


class TestContract(ScoreContract):
    score = SCORE


def evidence(features: np.ndarray, label: np.ndarray, alpha: float, beta: float) -> float:
    """Return log p(y | F) / n: y is a Gaussian of covariance FFᵀ/α + I/β."""
    n = len(label)
    covariance = features @ features.T / alpha + np.eye(n) / beta
    square = label @ np.linalg.solve(covariance, label)
    return float(-(square + np.linalg.slogdet(covariance)[1] + n * np.log(2 * np.pi)) / (2 * n))


def problem(seed: int, n: int, width: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, width)) * np.logspace(0, -1, width)
    label = features @ rng.normal(size=width) + noise * rng.normal(size=n) + 0.5
    return features, label


@how(max_examples=15)
@given(SEEDS, st.sampled_from([(12, 3), (6, 9)]), st.sampled_from([0.1, 1.0, 10.0]))
def test_no_point_of_a_plain_grid_has_more_evidence(
    seed: int, shape: tuple[int, int], noise: float
) -> None:
    features, label = problem(seed, *shape, noise)
    found = float(log_maximum_evidence(features, label[:, None])[0])
    if not np.isfinite(found):
        return
    grid = np.logspace(-4, 6, 31)
    best = max(evidence(features, label, a, b) for a in grid for b in grid)
    assert found >= best - 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_maximum_that_a_fine_grid_finds(seed: int) -> None:
    features, label = problem(seed, 20, 3, 0.5)
    found = float(log_maximum_evidence(features, label[:, None])[0])
    coarse = np.logspace(-3, 7, 41)
    a, b = max(
        ((a, b) for a in coarse for b in coarse), key=lambda p: evidence(features, label, *p)
    )
    fine = np.logspace(-0.25, 0.25, 51)
    best = max(evidence(features, label, a * x, b * y) for x in fine for y in fine)
    assert found == pytest.approx(best, abs=1e-4)
    assert found >= best


@pytest.mark.parametrize("seed", range(3))
def test_places_that_share_their_features_count_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, row = rng.normal(size=(7, 3)), rng.integers(0, 7, 40)
    labels = features[row] @ rng.normal(size=(3, 2)) + rng.normal(size=(40, 2))
    one_each = log_maximum_evidence(features[row], labels)
    np.testing.assert_allclose(log_maximum_evidence(features, labels, row), one_each, rtol=1e-10)


def test_channels_and_classes_are_averaged() -> None:
    features, one = problem(0, 15, 4, 1.0)
    _, two = problem(1, 15, 4, 2.0)
    each = [log_maximum_evidence(features, label[:, None])[0] for label in (one, two)]
    found = SCORE.value(features, np.column_stack([one, two]), CATALOGUE["normal"])
    assert found.value == pytest.approx(np.mean(each))
    classes = np.array([3, 7, 7] * 5)
    each = [log_maximum_evidence(features, (classes == k)[:, None] * 1.0)[0] for k in (3, 7)]
    found = SCORE.value(features, classes, CATALOGUE["segment_semantic"])
    assert found.value == pytest.approx(np.mean(each))


@given(SEEDS)
def test_rotations_and_scales_of_features_do_not_matter(seed: int) -> None:
    features, label = problem(seed, 14, 4, 1.0)
    turned = 7 * features @ stats.ortho_group(4, seed=seed).rvs()
    found = log_maximum_evidence(np.column_stack([turned, np.zeros(14)]), label[:, None])
    assert found == pytest.approx(log_maximum_evidence(features, label[:, None]), abs=1e-6)


def test_features_that_tell_the_label_score_higher() -> None:
    features, label = problem(0, 40, 4, 0.1)
    noise = np.random.default_rng(5).normal(size=features.shape)
    assert log_maximum_evidence(features, label[:, None]) > log_maximum_evidence(
        noise, label[:, None]
    )


def test_a_fit_without_error_is_a_reason() -> None:
    features, _ = problem(0, 10, 4, 0.0)
    label = features @ np.ones(4)
    found = SCORE.value(features, label[:, None], CATALOGUE["depth_zbuffer"])
    assert found.state is State.UNDEFINED
    assert "without error" in found.reason


def test_one_class_is_a_reason() -> None:
    features, _ = problem(0, 10, 4, 0.0)
    found = SCORE.value(features, np.full(10, 3), CATALOGUE["segment_semantic"])
    assert found.reason == "one class only among the probe places"
