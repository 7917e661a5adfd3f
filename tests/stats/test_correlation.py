"""Correlations agree with scipy's, whatever is tied, missing or drawn twice."""

import numpy as np
import pytest
from scipy import stats

from specbench.stats import correlation, weighted

REFERENCE = {
    "pearson": stats.pearsonr,
    "spearman": stats.spearmanr,
    "kendall": stats.kendalltau,
}


def scipy_value(name, x, y):
    shared = ~np.isnan(x + y)
    return REFERENCE[name](x[shared], y[shared])[0]


def tables(rng, ties, gaps):
    x, y = rng.standard_normal((3, 14)), rng.standard_normal((6, 14))
    if ties:
        x, y = x.round(), y.round()
    if gaps:
        x[rng.random(x.shape) < 0.2] = np.nan
        y[rng.random(y.shape) < 0.2] = np.nan
    return x, y


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", REFERENCE)
def test_every_row_against_every_row_is_scipys_value(name, ties, gaps):
    x, y = tables(np.random.default_rng(0), ties, gaps)
    expected = [[scipy_value(name, row, other) for other in y] for row in x]
    np.testing.assert_allclose(getattr(correlation, name)(x, y), expected, atol=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", REFERENCE)
def test_weights_are_the_same_as_writing_cells_down_again(name, ties):
    rng = np.random.default_rng(1)
    x, y = (side[0] for side in tables(rng, ties, gaps=False))
    x[3] = np.nan
    weights = rng.integers(0, 4, (8, 14)).astype(float)
    found = getattr(weighted, name)(x, y, weights)
    for value, row in zip(found, weights.astype(int), strict=True):
        assert value == pytest.approx(scipy_value(name, np.repeat(x, row), np.repeat(y, row)))


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_pearson_does_not_depend_on_units(scale, shift):
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 1, 20))
    moved = correlation.pearson(scale * (x + shift), y)
    np.testing.assert_allclose(moved, correlation.pearson(x, y), atol=1e-8)


@pytest.mark.parametrize("name", REFERENCE)
def test_a_constant_side_is_undefined_and_says_so(name):
    flat, rising = np.full((1, 5), 0.1), np.arange(5.0)[None]
    of = getattr(correlation, name)
    assert np.isnan(of(flat, rising)).all()
    assert np.isnan(of(rising, flat)).all()
    assert np.isnan(getattr(weighted, name)(flat[0], rising[0], np.ones((2, 5)))).all()
    assert correlation.undefined(flat[0], rising[0]) == "the score is constant"
    assert correlation.undefined(rising[0], flat[0]) == "the gain is constant"


def test_two_points_have_an_order_but_no_correlation():
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, 1.0]])
    assert correlation.kendall(x, y) == -1
    assert np.isnan(correlation.pearson(x, y))
    assert np.isnan(correlation.spearman(x, y))
    assert correlation.undefined(x[0], y[0]) == "too few points (2, needs 3)"


@pytest.mark.parametrize("name", REFERENCE)
def test_a_resample_without_variation_is_undefined(name):
    x, y = np.array([1.0, 1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])
    assert np.isnan(getattr(weighted, name)(x, y, np.array([[1.0, 1.0, 2.0, 0.0]]))).all()
