"""Intervals over tasks: the dyadic bootstrap.

Tasks are drawn with replacement; a cell counts as often as the product of its tasks' counts, and
the pairs of a task with itself are dropped (Davezies, D'Haultfœuille & Guyonvarch 2021, "Empirical
process results for exchangeable arrays", arXiv 1906.11293). Plain percentiles are too narrow for
few tasks, so the interval takes those percentiles that a t quantile with n − 1 degrees of freedom
has under the normal curve (Hesterberg, arXiv 1411.5279, without his further factor √(n/(n−1)),
which made it too wide in simulation).

Not estimable below four distinct tasks. A resample of fewer than three distinct tasks is left
out: its two cells always correlate perfectly. How often such an interval covers at a study's own
size is simulated, see ``coverage``.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, t

from specbench.stats.correlation import Array
from specbench.stats.fits import Term
from specbench.stats.layout import Layout
from specbench.stats.measures import Measure, mean_defined, weighted_overall, weighted_within

RESAMPLES = 10_000
LEAST_TASKS = 4
LEAST_DISTINCT = 3
LEVEL = 0.95


class Interval(NamedTuple):
    """The ends of a 95 % interval; NaN with a reason where it is not estimable."""

    low: float
    high: float
    reason: str = ""


class Resamples(NamedTuple):
    """Distinct resamples of tasks, and how often each was drawn.

    Few tasks have few distinct resamples (126 for five), so each is evaluated once.
    """

    counts: Array
    """(B, tasks): how often each task stands in the resample."""

    drawn: Array
    """(B,): how many of the resamples drawn were this one."""


def resample_tasks(
    n_tasks: int, rng: np.random.Generator, n: int = RESAMPLES, fixed: int | None = None
) -> Resamples:
    """Draw ``n`` resamples of the tasks; a ``fixed`` target stands once in each, the rest vary."""
    free = [task for task in range(n_tasks) if task != fixed]
    counts = np.ones((n, n_tasks))
    counts[:, free] = rng.multinomial(len(free), np.full(len(free), 1 / len(free)), size=n)
    distinct, drawn = np.unique(counts, axis=0, return_counts=True)
    enough = (distinct > 0).sum(-1) >= LEAST_DISTINCT
    return Resamples(distinct[enough], drawn[enough].astype(np.float64))


def overall_values(measure: Measure, terms: list[Term], weights: Array, counts: Array) -> Array:
    """Return the measure averaged over ``terms`` in each resample, over all targets: (B,)."""
    values = [weighted_overall(measure, x, y, weights, counts) for x, y in terms]
    return mean_defined(np.stack(values), axis=0)


def target_values(measure: Measure, terms: list[Term], target: int, weights: Array) -> Array:
    """Return the measure averaged over ``terms`` in each resample, within one target: (B,)."""
    rows = [weighted_within(measure, x[target], y[target], weights[:, target]) for x, y in terms]
    return mean_defined(np.stack(rows), axis=0)


def interval(values: Array, drawn: Array, n: int) -> Interval:
    """Return the widened percentile interval of resampled ``values`` (B,) over ``n`` tasks."""
    known = ~np.isnan(values)
    if n < LEAST_TASKS:
        return Interval(np.nan, np.nan, f"interval not estimable below {LEAST_TASKS} tasks")
    if drawn[known].sum() < drawn.sum() / 2:
        return Interval(np.nan, np.nan, "interval not estimable: undefined in most resamples")
    tail = widened_tail(n)
    low, high = weighted_quantiles(values[known], drawn[known], (tail, 1 - tail))
    return Interval(low, high)


@cache
def widened_tail(n: int) -> float:
    """Return the share cut off at each end for ``n`` units: Φ of Student's t quantile."""
    return float(norm.cdf(t.ppf((1 - LEVEL) / 2, n - 1)))


def weighted_quantiles(
    values: Array, weights: Array, levels: tuple[float, float]
) -> tuple[float, float]:
    """Return the smallest values that reach each share of the total weight."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    places = np.searchsorted(reached, np.array(levels) - 1e-12).clip(max=len(values) - 1)
    low, high = values[order][places]
    return float(low), float(high)


def layout_weights(layout: Layout, resamples: Resamples) -> Array:
    """Return the multiplicity of every cell in every resample: (B, tasks, columns)."""
    return layout.cell_weights(resamples.counts)
