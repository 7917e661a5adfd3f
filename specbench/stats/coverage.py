"""How often the interval over tasks covers the truth in studies of a given size and make-up.

Studies are simulated, so the truth is known. The answer depends on how much of the variance tasks
hold: where pairs are nearly independent the dyadic bootstrap is too wide, where targets and
partners hold nearly all of it, too narrow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specbench.stats.bootstrap import LEAST_TASKS, layout_weights, resample_tasks, widened_tail
from specbench.stats.correlation import Array
from specbench.stats.layout import pair_layout
from specbench.stats.simulation import Shares, simulate, true_correlation

BLOCKS = 20
"""Studies of one block share their resamples; with one block their error would be common to all."""


class Coverage(NamedTuple):
    """The share of simulated studies whose interval covers, and its standard error."""

    value: float
    error: float
    reason: str = ""


def simulated_coverage(
    n_tasks: int,
    n_seeds: int,
    shares: Shares,
    correlation: float = 0.5,
    studies: int = 1000,
    resamples: int = 2000,
    seed: int = 0,
) -> Coverage:
    """Return how often the 95 % interval of Pearson over all pairs covers the true correlation.

    ``correlation`` is that of the effects behind score and gain; means over ``n_seeds`` are
    compared. Not estimable below four tasks.
    """
    if n_tasks < LEAST_TASKS:
        return Coverage(np.nan, np.nan, f"not estimable below {LEAST_TASKS} tasks")
    rng = np.random.default_rng(seed)
    sizes = np.diff(np.linspace(0, studies, BLOCKS + 1).astype(int))
    truth = true_correlation(shares, n_seeds, correlation)
    covered = 0
    for size in sizes:
        score, gain = simulate(shares, n_tasks, n_seeds, int(size), rng, correlation)
        low, high = _intervals(score.mean(axis=1), gain.mean(axis=1), resamples, rng)
        covered += int(((low <= truth) & (truth <= high)).sum())
    value = covered / studies
    return Coverage(value, float(np.sqrt(value * (1 - value) / studies)))


def _intervals(
    scores: Array, gains: Array, resamples: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return the ends of the intervals of studies (R, tasks, tasks) over one set of resamples."""
    n = scores.shape[-1]
    layout, drawn = pair_layout(n), resample_tasks(n, rng, resamples)
    weights = np.repeat(layout_weights(layout, drawn)[:, layout.mask], drawn.drawn.astype(int), 0)
    values = _correlations(scores[:, layout.mask], gains[:, layout.mask], weights)
    tail = widened_tail(n)
    low, high = np.nanquantile(values, [tail, 1 - tail], axis=1)
    return low, high


def _correlations(x: Array, y: Array, weights: Array) -> Array:
    """Return Pearson's r of every study (R, N) in every resample (B, N): (R, B)."""
    x, y = (side - side.mean(-1, keepdims=True) for side in (x, y))
    n = weights.sum(-1)
    mean_x, mean_y = x @ weights.T / n, y @ weights.T / n
    covariance = (x * y) @ weights.T / n - mean_x * mean_y
    variance = ((x * x) @ weights.T / n - mean_x**2) * ((y * y) @ weights.T / n - mean_y**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = np.where(variance > 0, covariance / np.sqrt(variance), np.nan)
    return result
