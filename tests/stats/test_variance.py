"""The split of the variance of gains recovers what was simulated."""

import numpy as np
import pytest

from specbench.stats.simulation import Shares, simulate
from specbench.stats.variance import ONE_RUN, ONE_SEED, TOO_FEW, split_variance

SHARES = Shares(target=0.3, partner=0.2, pair=0.3, seed=0.2)


def mean_split(gains):
    return np.mean([split_variance(table)[:6] for table in gains], axis=0)


def test_target_partner_pair_and_seed_are_recovered():
    _, gains = simulate(SHARES, 12, 3, 300, np.random.default_rng(0))
    target, partner, pair, condition, seed, total = mean_split(gains)
    assert [target, partner, pair, seed] == pytest.approx(SHARES, abs=0.04)
    assert total == pytest.approx(1, abs=0.06)
    assert np.isnan(condition)


def test_what_changes_with_the_condition_is_the_conditions():
    rng = np.random.default_rng(1)
    _, gains = simulate(SHARES, 10, 2, 200, rng)
    apart = np.stack([gains, gains + 0.5 * rng.standard_normal((200, 1, 10, 10))], axis=1)
    # the effect is there in one of two conditions: half its variance is stable nowhere
    assert mean_split(apart)[3] == pytest.approx(0.125, abs=0.02)
    assert mean_split(apart)[4] == pytest.approx(0.2, abs=0.02)


def test_noise_that_the_gains_of_a_run_share_is_not_the_targets():
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((200, 3, 8, 1)) + 0.1 * rng.standard_normal((200, 3, 8, 8))
    target, *_, seed, _ = mean_split(noise)
    assert target < 0.2  # not 1: estimates below zero are cut off, so the mean is not 0
    assert seed == pytest.approx(1.01, abs=0.05)


def test_values_do_not_depend_on_units_but_for_the_square():
    _, gains = simulate(SHARES, 6, 2, 1, np.random.default_rng(3))
    once, scaled = split_variance(gains[0]), split_variance(10 * gains[0] + 7)
    np.testing.assert_allclose(np.array(scaled[:6]), 100 * np.array(once[:6]))
    assert sum(v for v in once.shares().values() if v == v) == pytest.approx(1)


def test_missing_cells_are_left_out():
    _, gains = simulate(SHARES, 8, 2, 1, np.random.default_rng(4))
    gains[0, 0, 3, 4] = np.nan
    assert np.isfinite(split_variance(gains[0]).pair)


def test_what_cannot_be_told_apart_says_so():
    _, gains = simulate(SHARES, 6, 2, 1, np.random.default_rng(5))
    assert split_variance(gains[0, :1]).reason == ONE_RUN
    assert split_variance(gains[0, :, None]).reason == ONE_SEED
    assert split_variance(gains[0, :, :3, :3]).reason == TOO_FEW
