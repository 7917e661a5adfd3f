"""Intervals over seeds."""

import numpy as np
import pytest

from specbench.stats.fits import Fit
from specbench.stats.measures import Measure
from specbench.stats.seeds import seed_interval
from specbench.stats.simulation import Shares, simulate


def study(seed_share, k=5):
    shares = Shares(0.3, 0.3, 0.4 - seed_share, seed_share)
    scores, gains = simulate(shares, 8, k, 1, np.random.default_rng(0), correlation=0.7)
    return scores[0], gains[0]


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("fit", Fit)
def test_more_noise_widens_the_interval(fit, measure):
    quiet, loud = (seed_interval(*study(share), fit, measure) for share in (0.0001, 0.3))
    assert quiet.high - quiet.low <= loud.high - loud.low
    assert loud.low < loud.high


def test_the_width_is_that_of_the_standard_error():
    k, rng = 8, np.random.default_rng(1)
    truth, other = rng.standard_normal((2, 6, 6))
    score = truth + 1.5 * other
    truth[np.eye(6, dtype=bool)] = score[np.eye(6, dtype=bool)] = np.nan
    widths, values = [], []
    for _ in range(60):
        gains = truth + rng.standard_normal((k, 6, 6))
        low, high, _ = seed_interval(score, gains, Fit.SAME, Measure.PEARSON, resamples=300)
        widths.append((high - low) / (2 * 1.96))
        mean = gains.mean(axis=0)
        known = ~np.isnan(mean)
        values.append(np.corrcoef(score[known], mean[known])[0, 1])
    assert np.mean(widths) == pytest.approx(np.std(values), rel=0.4)


def test_too_few_seeds_are_not_estimable():
    scores, gains = study(0.2, k=2)
    assert "below 3 seeds" in seed_interval(scores, gains, Fit.CROSSED, Measure.PEARSON).reason
    assert not seed_interval(scores, gains, Fit.SAME, Measure.PEARSON).reason
    assert not seed_interval(scores[0], gains, Fit.CROSSED, Measure.PEARSON).reason
    one = seed_interval(scores[:1], gains[:1], Fit.SAME, Measure.PEARSON)
    assert "below 2 seeds" in one.reason
