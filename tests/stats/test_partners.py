"""Best-partner measures, with ties shared."""

import numpy as np
import pytest

from specbench.stats import partners


def by_hand(x, y):
    shared = [i for i in range(len(x)) if not np.isnan(x[i] + y[i])]
    top = [i for i in shared if x[i] == max(x[j] for j in shared)]
    best = max(y[j] for j in shared)
    return np.mean([y[i] == best for i in top]), np.mean([best - y[i] for i in top])


@pytest.mark.parametrize("gaps", [0.0, 0.25])
def test_hits_and_gain_lost_are_means_over_tied_partners(gaps):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 3, (2, 9, 6)).astype(float)
    x[rng.random(x.shape) < gaps] = np.nan
    for i, row in enumerate(x):
        for j, gain in enumerate(y):
            hit, lost = by_hand(row, gain)
            assert partners.hits(x, y)[i, j] == pytest.approx(hit)
            assert partners.gain_lost(x, y)[i, j] == pytest.approx(lost)


def test_a_perfect_score_hits_and_loses_nothing():
    y = np.random.default_rng(1).standard_normal((1, 5))
    assert partners.hits(3 * y + 1, y) == 1
    assert partners.gain_lost(3 * y + 1, y) == 0


def test_partners_left_out_of_a_resample_do_not_count():
    x, y = np.array([5.0, 4.0, 1.0]), np.array([0.0, 1.0, 2.0])
    weights = np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 1.0], [0.0, 0.0, 3.0]])
    np.testing.assert_array_equal(partners.weighted_gain_lost(x, y, weights), [2, 1, np.nan])
    np.testing.assert_array_equal(partners.weighted_hits(x, y, weights), [0, 0, np.nan])


def test_one_partner_is_no_choice():
    x, y = np.array([[1.0, np.nan]]), np.array([[1.0, 2.0]])
    assert np.isnan(partners.hits(x, y)).all()
