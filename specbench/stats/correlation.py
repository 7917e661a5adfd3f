"""Pearson, Spearman and Kendall's tau-b of many rows against many rows at once.

Every function takes ``x`` of shape (K, N) and ``y`` of shape (P, N) and returns the K × P
correlations. Cells that are NaN on either side are left out of that one correlation. A value that
is not defined is NaN; ``undefined`` says why. There are no p-values here: task pairs share tasks,
so the asymptotic ones do not hold (see ``permutation``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]

CHUNK = 4_000_000
"""Elements held at once where a method needs a third index."""


def pearson(x: Array, y: Array) -> Array:
    """Return Pearson's r of every row of ``x`` (K, N) with every row of ``y`` (P, N).

    NaN where fewer than three cells are shared or one side is constant over them.
    """
    x, y = standardised(x), standardised(y)
    seen_x, seen_y = _seen(x), _seen(y)
    if seen_x.all() and seen_y.all():
        return _bounded(_complete(x, y), x, y)
    x, y = np.nan_to_num(x), np.nan_to_num(y)
    n = seen_x @ seen_y.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x, mean_y = (x @ seen_y.T) / n, (seen_x @ y.T) / n
        covariance = (x @ y.T) / n - mean_x * mean_y
        variance_x = (x * x) @ seen_y.T / n - mean_x**2
        variance_y = seen_x @ (y * y).T / n - mean_y**2
        value = covariance / np.sqrt(variance_x * variance_y)
    defined = (n >= 3) & (variance_x > 1e-13) & (variance_y > 1e-13)
    return np.where(defined, np.clip(value, -1.0, 1.0), np.nan)


def spearman(x: Array, y: Array) -> Array:
    """Return Spearman's rho of every row of ``x`` (K, N) with every row of ``y`` (P, N).

    Ties get the mean of their ranks. NaN as for ``pearson``.
    """
    if not (np.isnan(x).any() or np.isnan(y).any()):
        return pearson(rankdata(x, axis=-1), rankdata(y, axis=-1))
    rows = [_spearman_of_shared(row, y) for row in x]
    return np.stack(rows) if rows else np.empty((0, len(y)))


def kendall(x: Array, y: Array) -> Array:
    """Return Kendall's tau-b of every row of ``x`` (K, N) with every row of ``y`` (P, N).

    NaN where fewer than two cells are shared or one side is constant over them.
    """
    first, second = np.triu_indices(x.shape[-1], 1)
    step = max(1, CHUNK // max(1, len(first)))
    side = _signs(x, first, second)
    parts = [
        _tau(side, _signs(y[start : start + step], first, second))
        for start in range(0, len(y), step)
    ]
    return np.concatenate(parts, axis=1) if parts else np.empty((len(x), 0))


def undefined(x: Array, y: Array, least: int = 3) -> str:
    """Return why a correlation of ``x`` (N,) and ``y`` (N,) is not defined, or ''."""
    shared = ~(np.isnan(x) | np.isnan(y))
    n = int(shared.sum())
    if n < least:
        return f"too few points ({n}, needs {least})"
    if np.ptp(x[shared]) == 0:
        return "the score is constant"
    if np.ptp(y[shared]) == 0:
        return "the gain is constant"
    return ""


def standardised(rows: Array) -> Array:
    """Centre and scale each row, so that moments of its subsets do not cancel; flat rows are 0."""
    seen: NDArray[np.bool_] = ~np.isnan(rows)
    n = np.maximum(seen.sum(-1, keepdims=True), 1)
    centred = rows - np.where(seen, rows, 0.0).sum(-1, keepdims=True) / n
    low = np.where(seen, rows, np.inf).min(-1, keepdims=True, initial=np.inf)
    high = np.where(seen, rows, -np.inf).max(-1, keepdims=True, initial=-np.inf)
    spread = np.sqrt(np.where(seen, centred**2, 0.0).sum(-1, keepdims=True) / n)
    flat = (high <= low) | (spread == 0)
    return np.where(flat, np.where(seen, 0.0, np.nan), centred / np.where(flat, 1.0, spread))


def _seen(rows: Array) -> Array:
    return (~np.isnan(rows)).astype(np.float64)


def _complete(x: Array, y: Array) -> Array:
    n = x.shape[-1]
    return x @ y.T / n if n >= 3 else np.full((len(x), len(y)), np.nan)


def _bounded(value: Array, x: Array, y: Array) -> Array:
    """Clip rounding beyond ±1, and set NaN where a standardised row is flat."""
    varies = np.outer(x.any(-1), y.any(-1))
    return np.where(varies, np.clip(value, -1.0, 1.0), np.nan)


def _spearman_of_shared(row: Array, y: Array) -> Array:
    shared = np.asarray(~np.isnan(row + y))
    rank_x = np.where(shared, rankdata(np.where(shared, row, np.inf), axis=-1), np.nan)
    rank_y = np.where(shared, rankdata(np.where(shared, y, np.inf), axis=-1), np.nan)
    return np.where(shared.sum(-1) >= 3, _paired_pearson(rank_x, rank_y), np.nan)


def _paired_pearson(x: Array, y: Array) -> Array:
    """Return r of row i of ``x`` with row i of ``y``, which are NaN in the same cells."""
    x, y = np.nan_to_num(standardised(x)), np.nan_to_num(standardised(y))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))
    enough = ((x != 0).any(-1)) & ((y != 0).any(-1))
    return np.where(enough, np.clip(value, -1.0, 1.0), np.nan)


Signs = tuple[NDArray[np.float32], NDArray[np.float32] | None]
"""Signs of all differences within rows (0 where unknown), and where known; None: everywhere."""


def _signs(rows: Array, first: NDArray[np.intp], second: NDArray[np.intp]) -> Signs:
    # whole numbers below 2**24: single precision counts them exactly, in half the time
    if not np.isnan(rows).any():
        return np.sign(rows[:, first] - rows[:, second]).astype(np.float32), None
    difference = rows[:, first] - rows[:, second]
    known = ~np.isnan(difference)
    return np.where(known, np.sign(difference), 0).astype(np.float32), known.astype(np.float32)


def _tau(x: Signs, y: Signs) -> Array:
    agreeing = (x[0] @ y[0].T).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        tau: Array = agreeing / np.sqrt(_untied(x, y) * _untied(y, x).T)
    return tau


def _untied(signs: Signs, other: Signs) -> Array:
    """Return how many pairs of cells each row (K) tells apart among those the other (P) knows."""
    size = np.abs(signs[0])
    if other[1] is None:
        return np.asarray(size.sum(-1, dtype=np.float64))[:, None]
    return np.asarray(size @ other[1].T, dtype=np.float64)
