"""The best partner of one target: is the top-scored partner the best, and what is lost if not.

``x`` are scores, ``y`` gains over the N candidate partners of one target. Where several partners
share the top score, both measures are the mean over them; several partners may share the highest
gain, each of them is a hit (Azorin et al., arXiv 2301.02873, with the tie rule for both measures).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from specbench.stats.correlation import Array

RowMeasure = Callable[[Array, Array], Array]


def hits(x: Array, y: Array) -> Array:
    """Return the share of top-scored partners with the highest gain, for x (K, N), y (P, N).

    The result is (K, P), in 0..1; NaN where fewer than two partners have both values.
    """
    if np.isnan(x).any() or np.isnan(y).any() or x.shape[-1] < 2:
        return _each(x, y, _hit)
    share: Array = _top_share(x) @ (y == y.max(-1, keepdims=True)).T
    return share


def gain_lost(x: Array, y: Array) -> Array:
    """Return highest gain minus mean gain of the top-scored partners, for x (K, N), y (P, N).

    The result is (K, P), at least 0, in the unit of the gain; NaN as for ``hits``.
    """
    if np.isnan(x).any() or np.isnan(y).any() or x.shape[-1] < 2:
        return _each(x, y, _loss)
    lost: Array = y.max(-1) - _top_share(x) @ y.T
    return lost


def weighted_hits(x: Array, y: Array, weights: Array) -> Array:
    """Return ``hits`` for x, y (N,) in resamples of multiplicity ``weights`` (B, N), as (B,)."""
    return _measure(x[None], y[None], weights, _hit)


def weighted_gain_lost(x: Array, y: Array, weights: Array) -> Array:
    """Return ``gain_lost`` for x, y (N,) in resamples of multiplicity ``weights``, as (B,)."""
    return _measure(x[None], y[None], weights, _loss)


def _top_share(x: Array) -> Array:
    """Return 1 / ties at the top-scored partners of each row, 0 elsewhere."""
    top = x == x.max(-1, keepdims=True)
    share: Array = top / top.sum(-1, keepdims=True)
    return share


def _each(x: Array, y: Array, of: RowMeasure) -> Array:
    rows = [_measure(row[None], y, np.ones((1, y.shape[-1])), of) for row in x]
    return np.stack(rows) if rows else np.empty((0, len(y)))


def _measure(x: Array, y: Array, weights: Array, of: RowMeasure) -> Array:
    present = ~(np.isnan(x) | np.isnan(y)) & (weights > 0)
    score = np.where(present, x, -np.inf)
    gain = np.where(present, y, -np.inf)
    top = (score == score.max(-1, keepdims=True, initial=-np.inf)) & present
    regret = gain.max(-1, keepdims=True, initial=-np.inf) - np.where(top, y, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = top * weights / (top * weights).sum(-1, keepdims=True)
        value = of(np.where(top, regret, 0.0), share)
    return np.where(present.sum(-1) >= 2, value, np.nan)


def _hit(regret: Array, share: Array) -> Array:
    result: Array = (share * (regret == 0)).sum(-1)
    return result


def _loss(regret: Array, share: Array) -> Array:
    result: Array = (share * regret).sum(-1)
    return result
