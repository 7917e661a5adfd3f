"""How well gains can be measured: agreement between seeds, and the noise ceiling it sets.

A single-seed gain is signal plus noise. With r̄ the mean correlation between single seeds, the
mean of m seeds has reliability R_m = m·r̄ / (1 + (m − 1)·r̄) (Spearman 1910; Brown 1910), and no
score from other runs can correlate with it beyond √R_m, however good.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from specbench.stats.bootstrap import (
    RESAMPLES,
    Interval,
    interval,
    layout_weights,
    overall_values,
    resample_tasks,
)
from specbench.stats.correlation import Array
from specbench.stats.layout import Layout
from specbench.stats.measures import Measure, mean_defined, measured

ONE_RUN = "noise ceiling not estimable: one run per network"
NO_AGREEMENT = "noise ceiling not estimable: single seeds do not agree"


class Reliability(NamedTuple):
    """Reliability of the mean gain of ``m`` seeds; NaN with a reason where not estimable."""

    r_bar: float
    """Mean Pearson correlation between the gains of two single seeds."""
    m: int
    """The seeds in the mean that the ceiling is for."""
    value: float
    """R_m, the reliability of that mean."""
    ceiling: float
    """√R_m, the largest Pearson correlation with that mean that a score from other runs reaches."""
    low: float
    """Lower end of the ceiling's 95 % interval over tasks; 0 where r̄ ≤ 0 is within reach."""
    high: float
    """Upper end of the ceiling's 95 % interval over tasks."""
    reason: str = ""


def spearman_brown(r_bar: float, m: int) -> float:
    """Return the reliability of the mean of ``m`` seeds; NaN where ``r_bar`` ≤ 0."""
    return m * r_bar / (1 + (m - 1) * r_bar) if r_bar > 0 else float("nan")


def self_agreement(measure: Measure, gains: Array, target: int | None = None) -> float:
    """Return the measure between the gains (k, T, C) of single seeds, averaged over seed pairs.

    One seed plays the score, the other the gain; both ways, since not all measures are symmetric.
    NaN with one seed.
    """
    values = measured(measure, gains, gains, target)
    np.fill_diagonal(values, np.nan)
    return float(mean_defined(values.ravel()))


def ceiling(r_bar: float, m: int, k: int) -> tuple[float, str]:
    """Return √R_m for a mean of ``m`` of ``k`` seeds, or NaN and why it is not estimable."""
    if k < 2:
        return float("nan"), ONE_RUN
    if not r_bar > 0:
        return float("nan"), NO_AGREEMENT
    return float(np.sqrt(spearman_brown(r_bar, m))), ""


def reliability(
    gains: Array, layout: Layout, m: int, resamples: int = RESAMPLES, seed: int = 0
) -> Reliability:
    """Return the reliability of the mean gain of ``m`` seeds over all cells, with an interval.

    ``gains`` is (k, T, C). The interval is the dyadic bootstrap's over tasks, of the ceiling.
    """
    k = len(gains)
    r_bar = self_agreement(Measure.PEARSON, gains)
    value, reason = ceiling(r_bar, m, k)
    low, high, why = _interval(gains, layout, resamples, seed)
    ends = [float(np.sqrt(spearman_brown(end, m))) if end > 0 else 0.0 for end in (low, high)]
    if reason or why:
        ends = [float("nan"), float("nan")]
    return Reliability(r_bar, m, value**2, value, ends[0], ends[1], reason or why)


def _interval(gains: Array, layout: Layout, resamples: int, seed: int) -> Interval:
    if len(gains) < 2:
        return Interval(np.nan, np.nan, ONE_RUN)
    drawn = resample_tasks(layout.n_tasks, np.random.default_rng(seed), resamples)
    terms = [(gains[a], gains[b]) for a, b in combinations(range(len(gains)), 2)]
    weights = layout_weights(layout, drawn)
    values = overall_values(Measure.PEARSON, terms, weights, drawn.counts)
    return interval(values, drawn.drawn, layout.n_tasks)
