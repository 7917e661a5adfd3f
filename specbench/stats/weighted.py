"""The same correlations where every cell counts as often as a resample drew it.

``x`` and ``y`` are (N,), ``weights`` (B, N) the multiplicity of each cell in B resamples; the
result is (B,). Drawing a cell twice is the same as writing it down twice, duplicates tie. Done
with multiplicities, all resamples are a few matrix products.
"""

from __future__ import annotations

import numpy as np

from specbench.stats.correlation import Array, standardised


def pearson(x: Array, y: Array, weights: Array) -> Array:
    """Return Pearson's r in each resample; NaN below three distinct cells or where constant."""
    x, y, weights = _shared(x, y, weights)
    x, y = standardised(x[None])[0], standardised(y[None])[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = _moments(weights, x, y)
    return np.where((weights > 0).sum(-1) >= 3, value, np.nan)


def spearman(x: Array, y: Array, weights: Array) -> Array:
    """Return Spearman's rho in each resample, with mean ranks over duplicates and ties."""
    x, y, weights = _shared(x, y, weights)
    total = weights.sum(-1, keepdims=True)
    rank_x, rank_y = _ranks(x, weights), _ranks(y, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        # mean ranks have mean (total + 1) / 2 whatever the ties: no cancellation below
        middle = (total + 1) / 2
        x, y = (rank_x - middle) / total, (rank_y - middle) / total
        covariance = (weights * x * y).sum(-1)
        variance = (weights * x * x).sum(-1), (weights * y * y).sum(-1)
        value = covariance / np.sqrt(variance[0] * variance[1])
    defined = ((weights > 0).sum(-1) >= 3) & (variance[0] > 1e-13) & (variance[1] > 1e-13)
    return np.where(defined, np.clip(value, -1.0, 1.0), np.nan)


def kendall(x: Array, y: Array, weights: Array) -> Array:
    """Return Kendall's tau-b in each resample; two draws of one cell tie on both sides."""
    x, y, weights = _shared(x, y, weights)
    sign_x, sign_y = np.sign(x[:, None] - x), np.sign(y[:, None] - y)
    untied_x = ((weights @ np.abs(sign_x)) * weights).sum(-1)
    untied_y = ((weights @ np.abs(sign_y)) * weights).sum(-1)
    agreeing = ((weights @ (sign_x * sign_y)) * weights).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        tau: Array = agreeing / np.sqrt(untied_x * untied_y)
    return tau


def _shared(x: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    shared = ~(np.isnan(x) | np.isnan(y))
    return x[shared], y[shared], weights[:, shared]


def _moments(weights: Array, x: Array, y: Array) -> Array:
    n = weights.sum(-1)
    sums = weights @ np.stack([x, y, x * y, x * x, y * y], axis=-1) / n[:, None]
    mean_x, mean_y, mean_xy, mean_xx, mean_yy = sums.T
    variance_x, variance_y = mean_xx - mean_x**2, mean_yy - mean_y**2
    value = (mean_xy - mean_x * mean_y) / np.sqrt(variance_x * variance_y)
    defined = (variance_x > 1e-13) & (variance_y > 1e-13)
    return np.where(defined, np.clip(value, -1.0, 1.0), np.nan)


def _ranks(x: Array, weights: Array) -> Array:
    """Return the mean rank of each cell in each resample, as if duplicates were written out."""
    below = (x[None, :] < x[:, None]).astype(np.float64)
    equal = (x[None, :] == x[:, None]).astype(np.float64)
    ranks: Array = weights @ (below + equal / 2).T + 0.5
    return ranks
