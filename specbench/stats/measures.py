"""The six measures of agreement between a table of scores and a table of gains.

Tables have a row per target and a column per partner (or network); NaN where there is no value.

- ``pearson spearman kendall``: predictive power, over all cells at once and within each target.
- ``partner_ranking``: Kendall's tau-b within each target, averaged over the targets.
- ``best_partner_hits``, ``gain_lost``: see ``partners``; within each target, and their mean.

A mean over targets runs over the targets where the measure is defined.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from specbench.stats import correlation, partners, weighted
from specbench.stats.correlation import Array


class Measure(StrEnum):
    """The measures, under their names in the store."""

    PEARSON = "pearson"
    SPEARMAN = "spearman"
    KENDALL = "kendall"
    PARTNER_RANKING = "partner_ranking"
    BEST_PARTNER_HITS = "best_partner_hits"
    GAIN_LOST = "gain_lost"

    @property
    def over_cells(self) -> bool:
        """Whether the value over all targets is taken over all cells at once."""
        return self in (Measure.PEARSON, Measure.SPEARMAN, Measure.KENDALL)

    @property
    def per_target(self) -> bool:
        """Whether a row per target is reported; the partner ranking's would repeat Kendall's."""
        return self is not Measure.PARTNER_RANKING

    @property
    def signed(self) -> bool:
        """Whether chance lies at zero, so that the size of the value is its distance from it."""
        return self not in (Measure.BEST_PARTNER_HITS, Measure.GAIN_LOST)

    def bounded(self, values: Array) -> Array:
        """Return values cut off at the ends of the measure's range."""
        low = -1.0 if self.signed else 0.0
        return np.clip(values, low, np.inf if self is Measure.GAIN_LOST else 1.0)

    @property
    def least_points(self) -> int:
        """The number of cells below which the measure is not defined."""
        return 3 if self in (Measure.PEARSON, Measure.SPEARMAN) else 2


_MANY = {
    Measure.PEARSON: correlation.pearson,
    Measure.SPEARMAN: correlation.spearman,
    Measure.KENDALL: correlation.kendall,
    Measure.PARTNER_RANKING: correlation.kendall,
    Measure.BEST_PARTNER_HITS: partners.hits,
    Measure.GAIN_LOST: partners.gain_lost,
}

_WEIGHTED = {
    Measure.PEARSON: weighted.pearson,
    Measure.SPEARMAN: weighted.spearman,
    Measure.KENDALL: weighted.kendall,
    Measure.PARTNER_RANKING: weighted.kendall,
    Measure.BEST_PARTNER_HITS: partners.weighted_hits,
    Measure.GAIN_LOST: partners.weighted_gain_lost,
}


def within(measure: Measure, x: Array, y: Array) -> Array:
    """Return the measure of every row of ``x`` (K, N) against every row of ``y`` (P, N): (K, P)."""
    return _MANY[measure](x, y)


def overall(measure: Measure, x: Array, y: Array) -> Array:
    """Return the measure over all targets of tables x (K, T, C) against y (P, T, C): (K, P)."""
    used = np.asarray((~np.isnan(x)).any(0) & (~np.isnan(y)).any(0))
    if measure.over_cells:
        return within(measure, x[:, used], y[:, used])
    rows = [within(measure, x[:, t][:, row], y[:, t][:, row]) for t, row in enumerate(used)]
    return mean_defined(np.stack(rows, axis=-1))


def measured(measure: Measure, x: Array, y: Array, target: int | None) -> Array:
    """Return the measure of tables x (K, T, C) against y (P, T, C), over all or in one target."""
    if target is None:
        return overall(measure, x, y)
    x, y = x[:, target], y[:, target]
    used = np.asarray((~np.isnan(x)).any(0) & (~np.isnan(y)).any(0))
    return within(measure, x[:, used], y[:, used])


def weighted_within(measure: Measure, x: Array, y: Array, weights: Array) -> Array:
    """Return the measure of x (N,) against y (N,) under multiplicities (B, N): (B,)."""
    return _WEIGHTED[measure](x, y, weights)


def weighted_overall(measure: Measure, x: Array, y: Array, weights: Array, targets: Array) -> Array:
    """Return the measure over all targets of tables (T, C) in B resamples: (B,).

    ``weights`` (B, T, C) says how often a cell was drawn, ``targets`` (B, T) how often a target.
    """
    if measure.over_cells:
        used = ~(np.isnan(x) | np.isnan(y))
        return weighted_within(measure, x[used], y[used], weights[:, used])
    rows = [weighted_within(measure, x[t], y[t], weights[:, t]) for t in range(len(x))]
    values = np.where(targets > 0, np.stack(rows, axis=-1), np.nan)
    share = np.where(np.isnan(values), 0.0, targets)
    with np.errstate(invalid="ignore"):
        result: Array = (np.nan_to_num(values) * share).sum(-1) / share.sum(-1)
    return result


def mean_defined(values: Array, axis: int = -1) -> Array:
    """Return the mean of the values that are not NaN, NaN where there is none."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: Array = np.where(known, values, 0.0).sum(axis) / known.sum(axis)
    return mean


def undefined(measure: Measure, x: Array, y: Array) -> str:
    """Return why the measure of the tables (or rows) ``x`` and ``y`` is not defined, or ''."""
    if measure.over_cells:
        return correlation.undefined(x.ravel(), y.ravel(), measure.least_points)
    rows = zip(np.atleast_2d(x), np.atleast_2d(y), strict=True)
    reasons = [_undefined_row(measure, row, gain) for row, gain in rows]
    return "" if "" in reasons else min(reasons, key=len)


def _undefined_row(measure: Measure, x: Array, y: Array) -> str:
    if measure is Measure.PARTNER_RANKING:
        return correlation.undefined(x, y, measure.least_points)
    n = int((~(np.isnan(x) | np.isnan(y))).sum())
    return f"too few points ({n}, needs 2)" if n < 2 else ""
