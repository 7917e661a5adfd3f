"""Intervals over seeds: how far a value moves with the noise of the runs, tasks held fixed.

Seeds are resampled with replacement and the percentiles' distances from the value are scaled by
√(k/(k−1)): a bootstrap of k seeds is too narrow by that factor.
"""

from __future__ import annotations

import numpy as np

from specbench.stats.bootstrap import LEVEL, Interval, weighted_quantiles
from specbench.stats.correlation import Array
from specbench.stats.fits import Fit
from specbench.stats.measures import Measure, measured

SEED_RESAMPLES = 1000


def seed_interval(
    score: Array,
    gains: Array,
    fit: Fit,
    measure: Measure,
    target: int | None = None,
    resamples: int = SEED_RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Return the 95 % interval over seeds of a measure of score against gains, both (k, T, C).

    A score without seeds is (T, C). In a crossed fit a seed is compared with the other seeds of
    the resample, never with its own copies. Not estimable with one seed, nor crossed with two:
    there is then only one way to pair them.
    """
    k = len(gains)
    least = 3 if fit is Fit.CROSSED and score.ndim == 3 else 2
    if k < least:
        return Interval(np.nan, np.nan, f"interval over seeds not estimable below {least} seeds")
    counts, drawn = _resample_seeds(k, resamples, seed)
    values = _values(score, gains, fit, measure, target, counts)
    centre = _values(score, gains, fit, measure, target, np.ones((1, k)))[0]
    known = ~np.isnan(values)
    if np.isnan(centre) or not known.any():
        return Interval(np.nan, np.nan, "interval over seeds not estimable: value not defined")
    tail = (1 - LEVEL) / 2
    low, high = weighted_quantiles(values[known], drawn[known], (tail, 1 - tail))
    wide = np.sqrt(k / (k - 1))
    ends = measure.bounded(centre + wide * (np.array([low, high]) - centre))
    return Interval(float(ends[0]), float(ends[1]))


def _resample_seeds(k: int, resamples: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(k, np.full(k, 1 / k), size=resamples)
    distinct, drawn = np.unique(counts, axis=0, return_counts=True)
    return distinct.astype(np.float64), drawn.astype(np.float64)


def _values(
    score: Array, gains: Array, fit: Fit, measure: Measure, target: int | None, counts: Array
) -> Array:
    """Return the measure in resamples (B, k), in which seed s stands ``counts[:, s]`` times."""
    gain = _means(gains, counts)
    if score.ndim == 2:
        return measured(measure, score[None], gain, target).ravel()
    if fit is Fit.SAME:
        mean = _means(score, counts)
        pairs = zip(mean, gain, strict=True)
        return np.array([measured(measure, x[None], y[None], target)[0, 0] for x, y in pairs])
    per_seed = [
        measured(measure, score[[s]], _means(gains, _without(counts, s)), target)[0]
        for s in range(len(gains))
    ]
    values = np.stack(per_seed, axis=-1)
    share = np.where(np.isnan(values), 0.0, counts)
    with np.errstate(invalid="ignore"):
        mean_value: Array = (np.nan_to_num(values) * share).sum(-1) / share.sum(-1)
    return mean_value


def _without(counts: Array, seed: int) -> Array:
    return np.where(np.arange(counts.shape[-1]) == seed, 0.0, counts)


def _means(tables: Array, counts: Array) -> Array:
    """Return the means (B, T, C) of tables (k, T, C) under multiplicities (B, k)."""
    known = (~np.isnan(tables)).astype(np.float64)
    total = np.tensordot(counts, np.nan_to_num(tables), axes=1)
    with np.errstate(invalid="ignore"):
        means: Array = total / np.tensordot(counts, known, axes=1)
    return means
