"""The noise ceiling recovers a reliability that is known."""

import numpy as np
import pytest

from specbench.stats.correlation import pearson
from specbench.stats.layout import pair_layout
from specbench.stats.measures import Measure
from specbench.stats.reliability import NO_AGREEMENT, ONE_RUN, ceiling, reliability, self_agreement
from specbench.stats.simulation import Shares, simulate

SHARES = Shares(target=0.2, partner=0.2, pair=0.2, seed=0.4)


def test_the_ceiling_recovers_a_simulated_reliability():
    _, gains = simulate(SHARES, 20, 4, 60, np.random.default_rng(0))
    found = np.mean([self_agreement(Measure.PEARSON, table) for table in gains])
    assert found == pytest.approx(0.6, abs=0.02)
    expected = 4 * 0.6 / (1 + 3 * 0.6)
    assert ceiling(found, 4, 4)[0] == pytest.approx(np.sqrt(expected), abs=0.01)


def test_a_perfect_score_from_other_runs_reaches_the_ceiling_and_no_more():
    shares = Shares(0.2, 0.2, 0.2, 0.4)
    scores, gains = simulate(shares, 20, 400, 8, np.random.default_rng(1), correlation=1.0)
    truth = scores.mean(axis=1)  # noise averaged away
    inside = pair_layout(20).mask
    few = gains[:, :3].mean(axis=1)
    found = np.mean([pearson(x[None, inside], y[None, inside]) for x, y in zip(truth, few)])  # noqa: B905
    assert found == pytest.approx(ceiling(0.6, 3, 3)[0], abs=0.02)


def test_the_interval_holds_the_ceiling():
    _, gains = simulate(SHARES, 8, 3, 1, np.random.default_rng(2))
    found = reliability(gains[0], pair_layout(8), m=2, resamples=500)
    assert 0 <= found.low < found.ceiling < found.high <= 1
    assert found.value == pytest.approx(2 * found.r_bar / (1 + found.r_bar))


def test_one_run_or_no_agreement_is_not_estimable():
    table = np.random.default_rng(3).standard_normal((1, 5, 5))
    assert reliability(table, pair_layout(5), m=1).reason == ONE_RUN
    opposed = np.concatenate([table, -table])
    found = reliability(opposed, pair_layout(5), m=2, resamples=100)
    assert np.isnan(found.ceiling)
    assert found.reason == NO_AGREEMENT


def test_gains_that_never_change_agree_with_themselves():
    table = np.repeat(np.random.default_rng(4).standard_normal((1, 5, 5)), 2, axis=0)
    table[:, np.eye(5, dtype=bool)] = np.nan
    assert self_agreement(Measure.KENDALL, table) == pytest.approx(1)
    assert self_agreement(Measure.BEST_PARTNER_HITS, table, target=2) == 1
    assert self_agreement(Measure.GAIN_LOST, table) == 0
