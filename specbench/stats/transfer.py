"""Statistics of transfer: how good a set of sources is, and whether relatedness beats chance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import spearmanr, t

from specbench.stats.bootstrap import LEVEL, Interval
from specbench.stats.correlation import Array

EXHAUSTIVE = 50_000
"""Relabellings up to which all are looked at; of more, ``DRAWS`` are drawn."""
DRAWS = 9_999
_EQUAL = 1e-12


class Against(NamedTuple):
    """Related sources against random ones: difference of means, and how often chance does as well.

    ``p_smallest`` is the smallest p that so many targets and draws can give.
    """

    difference: float
    p: float
    p_smallest: float


def gains_over(values: Array, baseline: Array, *, relative: bool, higher_is_better: Array) -> Array:
    """Return what each target gains, (seeds, targets), positive where ``values`` are better.

    Both are (seeds, targets); seeds are paired. ``relative``: as parts of the baseline's size.
    ``higher_is_better``, (targets,), tells the sign.
    """
    difference = np.where(higher_is_better, values - baseline, baseline - values)
    if not relative:
        return difference
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.where(baseline != 0, difference / np.abs(baseline), np.nan)
    return found


def mean_interval(values: Array, what: str) -> Interval:
    """Return the 95 % interval of the mean of independent ``values``, by Student's t.

    ``what`` the values are of, for the reason where there are fewer than two.
    """
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return Interval(np.nan, np.nan, f"interval not estimable with one {what}")
    wide = t.ppf((1 + LEVEL) / 2, len(known) - 1) * known.std(ddof=1) / math.sqrt(len(known))
    return Interval(float(known.mean() - wide), float(known.mean() + wide))


def over_targets(gains: Array) -> Interval:
    """Return the interval over targets of gains (seeds, targets), seeds averaged."""
    return mean_interval(_means(gains, 0), "target")


def over_seeds(gains: Array) -> Interval:
    """Return the interval over seeds of gains (seeds, targets), these targets held fixed."""
    return mean_interval(_means(gains, 1), "seed")


def spread(values: Array, scale: Array | None = None) -> float:
    """Return the standard deviation over seeds of values (seeds, targets), the mean over targets.

    Divided by ``scale``, (targets,), where given; NaN with one seed.
    """
    if len(values) < 2:
        return math.nan
    found = values.std(0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = found if scale is None else np.where(scale > 0, found / scale, np.nan)
    return float(_means(found, 0))


def growth(sizes: Array, spreads: Array) -> float:
    """Return Spearman's correlation of the spread with the number of sources.

    NaN where fewer than three sets have both, or one of them does not vary.
    """
    known = ~np.isnan(spreads)
    sizes, spreads = sizes[known], spreads[known]
    if len(sizes) < 3 or len(set(sizes)) < 2 or len(set(spreads)) < 2:
        return math.nan
    return float(spearmanr(sizes, spreads).statistic)


def against_random(related: Array, drawn: Array, seed: int = 0) -> Against:
    """Compare related sources with sources drawn at random, paired over targets.

    ``related`` is (targets,), ``drawn`` (draws, targets), of gains. Were relatedness nothing but
    chance, the related set of a target could be any of its sets: p is the share of such
    relabellings, independent between targets, whose mean difference is as far from 0 (two-sided).
    All targets share the draws, so what is common to the draws counts as relatedness's.
    """
    table = np.vstack([related, drawn])
    sets, targets = table.shape
    others = (table.sum(0) - table) / (sets - 1)
    apart = table - others
    observed = apart[0].mean()
    total = sets**targets
    smallest = 1 / min(total, DRAWS + 1)
    if total <= EXHAUSTIVE:
        sums = np.array([0.0])
        for column in apart.T:
            sums = (sums[:, None] + column).ravel()
        found = np.abs(sums / targets) >= abs(observed) - _EQUAL
        return Against(float(observed), float(found.mean()), smallest)
    rng = np.random.default_rng(seed)
    picks = rng.integers(sets, size=(DRAWS, targets))
    means = apart[picks, np.arange(targets)].mean(1)
    hits = int((np.abs(means) >= abs(observed) - _EQUAL).sum())
    return Against(float(observed), (hits + 1) / (DRAWS + 1), smallest)


def pareto(costs: Array, qualities: Array) -> list[bool]:
    """Return for every set whether no other is at least as good for no more, and better in one."""
    pairs = list(zip(costs.tolist(), qualities.tolist(), strict=True))
    beaten = [
        any(c <= cost and q >= quality and (c, q) != (cost, quality) for c, q in pairs)
        for cost, quality in pairs
    ]
    return [not one for one in beaten]


def _means(values: Array, axis: int) -> Array:
    known = ~np.isnan(values)
    counts = known.sum(axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = np.where(known, values, 0.0).sum(axis) / counts
    return found
