"""How often the interval over tasks covers the truth in studies of a given size and make-up.

Studies are simulated, so the truth is known. The answer depends on how much of the variance tasks
hold: where pairs are nearly independent the dyadic bootstrap is too wide, where targets and
partners hold nearly all of it, too narrow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specbench.stats.bootstrap import LEAST_TASKS, expanded_tail, layout_weights, resample_tasks
from specbench.stats.correlation import Array
from specbench.stats.layout import pair_layout
from specbench.stats.simulation import Shares, simulate, true_correlation


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
    resamples: int = 1000,
    seed: int = 0,
) -> Coverage:
    """Return how often the 95 % interval of Pearson over all pairs covers the true correlation.

    ``correlation`` is that of the effects behind score and gain, means over ``n_seeds`` are
    compared. All studies share one set of resamples. Not estimable below four tasks.
    """
    if n_tasks < LEAST_TASKS:
        return Coverage(np.nan, np.nan, f"not estimable below {LEAST_TASKS} tasks")
    rng = np.random.default_rng(seed)
    layout = pair_layout(n_tasks)
    score, gain = simulate(shares, n_tasks, n_seeds, studies, rng, correlation)
    x, y = (table.mean(axis=1)[:, layout.mask] for table in (score, gain))
    drawn = resample_tasks(n_tasks, rng, resamples)
    weights = np.repeat(layout_weights(layout, drawn)[:, layout.mask], drawn.drawn.astype(int), 0)
    values = _correlations(x, y, weights)
    tail = expanded_tail(n_tasks)
    low, high = np.nanquantile(values, [tail, 1 - tail], axis=1)
    truth = true_correlation(shares, n_seeds, correlation)
    value = float(((low <= truth) & (truth <= high)).mean())
    return Coverage(value, float(np.sqrt(value * (1 - value) / studies)))


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
