"""A set of scores compared with one table of gains: values, p-values, intervals and ceilings.

Whatever several rows share (relabellings, resamples, agreement between seeds) is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from specbench.stats import bootstrap, fits, measures, permutation, reliability
from specbench.stats.bootstrap import Interval, Resamples
from specbench.stats.correlation import Array
from specbench.stats.fits import Fit, Term
from specbench.stats.layout import Index, Layout
from specbench.stats.measures import Measure

NOTHING_TO_PERMUTE = "p not estimable: no relabelling of tasks but the identity"
NO_SPLIT = "p not estimable: not defined on the fixed split of the seeds"
NO_VALUES = "no cell has both a score and a gain"


@dataclass(frozen=True)
class Options:
    """What an agreement is computed with."""

    measures: tuple[Measure, ...] = tuple(Measure)
    fits: tuple[Fit, ...] = tuple(Fit)
    resamples: int = bootstrap.RESAMPLES
    permutations: int = permutation.PERMUTATIONS
    """Random permutations where there are too many to take all."""
    exhaustive: int = permutation.EXHAUSTIVE_TASKS
    """Tasks up to which all permutations are taken."""
    seed: int = 0
    """Of the resamples and of random permutations."""


class P(NamedTuple):
    """The p-values of one score; NaN where there are none."""

    p: float
    corrected: float
    smallest: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scores against gains (k, T, C); each score (k, T, C), or (T, C) without runs behind it."""

    gains: Array
    scores: Mapping[str, Array]
    layout: Layout
    options: Options

    def terms(self, score: str, fit: Fit) -> list[Term]:
        """Return the tables whose measures are averaged into a value."""
        return self._terms[score, fit]

    def value(self, score: str, fit: Fit, measure: Measure, target: int | None) -> float:
        """Return the measure of a score, over all targets or within one; NaN if undefined."""
        values = [
            measures.measured(measure, x[None], y[None], target)[0, 0]
            for x, y in self.terms(score, fit)
        ]
        return float(measures.mean_defined(np.array(values))) if values else float("nan")

    def undefined(self, score: str, fit: Fit, measure: Measure, target: int | None) -> str:
        """Return why ``value`` is NaN."""
        if len(self.gains) < 2 and fit is Fit.CROSSED:
            return fits.ONE_SEED
        terms = self.terms(score, fit)
        if not terms or np.isnan(terms[0][0] * terms[0][1]).all():
            return NO_VALUES
        x, y = terms[0] if target is None else (terms[0][0][target], terms[0][1][target])
        return measures.undefined(measure, x, y)

    def p_values(self, fit: Fit, measure: Measure, target: int | None) -> dict[str, P]:
        """Return p, p corrected over the scores and the smallest p, for every score."""
        null = self._null(fit, measure, target)
        if not null:
            return dict.fromkeys(self.scores, P(np.nan, np.nan, np.nan))
        found = permutation.p_values(np.stack(list(null.values())), measure.signed)
        return {
            name: P(float(p), float(corrected), found.smallest)
            for name, p, corrected in zip(null, found.p, found.corrected, strict=True)
        }

    def without_p(self, target: int | None) -> str:
        """Return why a defined value has no p."""
        return NOTHING_TO_PERMUTE if len(self._relabelled[target]) < 2 else NO_SPLIT

    def interval(self, score: str, fit: Fit, measure: Measure, target: int | None) -> Interval:
        """Return the interval over tasks; within a target, over its partners."""
        terms = self.terms(score, fit)
        drawn, weights = self._resamples[target]
        if target is None:
            values = bootstrap.overall_values(measure, terms, weights, drawn.counts)
        else:
            values = bootstrap.target_values(measure, terms, target, weights)
        n_tasks, _ = self.size(score, target)
        return bootstrap.interval(values, drawn.drawn, n_tasks - (target is not None))

    def ceiling(
        self, score: str, fit: Fit, measure: Measure, target: int | None
    ) -> tuple[float, str]:
        """Return √R_m (Pearson) or the gains' agreement with themselves; NaN and why not."""
        agreement = self._self_agreement[measure, target]
        k = len(self.gains)
        if measure is Measure.PEARSON:
            m = fits.compared_seeds(self.scores[score], k, fit)
            return reliability.ceiling(agreement, m, k)
        return agreement, reliability.ONE_RUN if k < 2 else ""

    def size(self, score: str, target: int | None) -> tuple[int, int]:
        """Return the numbers of tasks and of cells with both a score and a gain."""
        x, y = self._terms[score, Fit.SAME][0]
        shared = ~np.isnan(x * y)
        if target is not None:
            shared[np.arange(len(shared)) != target] = False
        tasks = shared.any(-1) | self.layout.members[shared.any(0)].any(0)
        return int(tasks.sum()), int(shared.sum())

    def _null(self, fit: Fit, measure: Measure, target: int | None) -> dict[str, Array]:
        """Return the null values of every score; scores compared with one gain go together."""
        null: dict[str, Array] = {}
        for seeds in (False, True):
            names = [name for name, score in self.scores.items() if (score.ndim == 3) is seeds]
            found = [fits.tested(self.scores[name], self.gains, fit) for name in names]
            pairs = [term for term in found if term is not None]
            if pairs:
                x, y = np.stack([x for x, _ in pairs]), pairs[0][1]
                null |= dict(zip(names, self._permuted(measure, x, y, target), strict=True))
        return null

    def _permuted(self, measure: Measure, x: Array, y: Array, target: int | None) -> Array:
        relabelled = self._relabelled[target]
        if target is None:
            return permutation.overall_null(measure, x, y, self.layout, relabelled)
        rows, gain = x[:, target], y[target]
        return permutation.target_null(measure, rows, gain, target, self.layout, relabelled)

    @cached_property
    def _terms(self) -> dict[tuple[str, Fit], list[Term]]:
        return {
            (name, fit): fits.terms(score, self.gains, fit)
            for name, score in self.scores.items()
            for fit in Fit
        }

    @cached_property
    def _targets(self) -> list[int | None]:
        return [None, *range(self.layout.n_tasks)]

    @cached_property
    def _relabelled(self) -> dict[int | None, Index]:
        options, layout = self.options, self.layout
        return {
            target: permutation.relabellings(
                layout,
                np.random.default_rng(options.seed),
                target,
                options.permutations,
                options.exhaustive,
            )
            for target in self._targets
        }

    @cached_property
    def _resamples(self) -> dict[int | None, tuple[Resamples, Array]]:
        found = {}
        for target in self._targets:
            rng = np.random.default_rng(self.options.seed)
            n = self.options.resamples
            drawn = bootstrap.resample_tasks(self.layout.n_tasks, rng, n, target)
            found[target] = drawn, bootstrap.layout_weights(self.layout, drawn)
        return found

    @cached_property
    def _self_agreement(self) -> dict[tuple[Measure, int | None], float]:
        return {
            (measure, target): reliability.self_agreement(measure, self.gains, target)
            for measure in self.options.measures
            for target in self._targets
        }
