"""CKA: closed forms of linear maps, invariances, and the plain Gram matrix formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from specbench.scores.cka import CentredKernelAlignment, linear_cka
from specbench.testing.scores import ScoreContract

SEEDS = st.integers(0, 10_000)


class TestContract(ScoreContract):
    score = CentredKernelAlignment()


def white(n: int, width: int, seed: int) -> np.ndarray:
    """Return centred features whose covariance is the identity."""
    drawn = np.random.default_rng(seed).normal(size=(n, width + 1))
    drawn[:, 0] = 1
    return np.linalg.qr(drawn)[0][:, 1:]


@given(SEEDS)
def test_a_linear_map_of_white_features_in_closed_form(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, matrix = white(12, 4, seed), rng.normal(size=(4, 3))
    # YᵀX = Mᵀ, XᵀX = I and YᵀY = MᵀM, so CKA = ‖M‖² / (√4 ‖MᵀM‖).
    expected = (matrix**2).sum() / (2 * np.linalg.norm(matrix.T @ matrix))
    assert linear_cka(features, features @ matrix) == pytest.approx(expected)


def test_two_directions_of_which_one_is_shared() -> None:
    x = white(10, 3, 0)
    assert linear_cka(x[:, :2], x[:, 1:]) == pytest.approx(1 / 2)
    assert linear_cka(x[:, :1], x[:, 1:2]) == pytest.approx(0, abs=1e-12)


@given(SEEDS, st.integers(3, 20))
def test_equal_to_the_gram_matrix_formula(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(n, 4)), rng.normal(size=(n, 6))
    centre = np.eye(n) - 1 / n
    k, l = centre @ one @ one.T @ centre, centre @ two @ two.T @ centre  # noqa: E741
    hsic = np.trace(k @ l) / np.sqrt(np.trace(k @ k) * np.trace(l @ l))
    assert linear_cka(one, two) == pytest.approx(hsic)


@given(SEEDS)
def test_orthogonal_maps_scales_and_shifts_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(9, 4)), rng.normal(size=(9, 5))
    turned = 2.5 * one @ stats.ortho_group(4, seed=rng).rvs() + rng.normal(size=4)
    assert linear_cka(turned, two) == pytest.approx(linear_cka(one, two))
    assert linear_cka(one, turned) == pytest.approx(1)
    assert 0 <= linear_cka(one, two) <= 1


def test_constant_features_have_none() -> None:
    assert np.isnan(linear_cka(np.ones((5, 3)), white(5, 2, 0)))
