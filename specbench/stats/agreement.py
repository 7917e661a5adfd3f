"""Do scores predict gains: every measure, fit and target, with its p, interval and ceiling.

All of it for 5 tasks, 3 seeds and 10 scores, with 10,000 resamples, took 0.4 s of processor time on
one thread of a 2-core Intel Xeon virtual machine (benchmarks/analysis.py), for 8 tasks, whose
40,320 permutations are all taken, 6 s.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from specbench.stats.comparison import NO_VALUES, Comparison, Options, P
from specbench.stats.correlation import Array
from specbench.stats.fits import Fit, seeds_with_gains
from specbench.stats.layout import Layout, group_layout, pair_layout
from specbench.stats.measures import Measure
from specbench.stats.rows import SHARES_RUNS, AgreementRow

DEFAULTS = Options()


def agree(
    gains: ArrayLike,
    scores: Mapping[str, ArrayLike],
    tasks: Sequence[str],
    *,
    shares_runs: Collection[str] = (),
    options: Options = DEFAULTS,
) -> list[AgreementRow]:
    """Return the agreement of every score with the gains of ordered pairs.

    ``gains`` is (seeds, targets, partners) in the order of ``tasks``, NaN where missing; the
    diagonal is ignored, and a seed without any gain takes no part. A score is the same, over the
    same seeds, or (targets, partners) if no run stands behind it. ``shares_runs`` names the scores
    that share networks with the gain. Rows come score by score, then by fit, measure and target,
    all targets first.

    Raises ValueError where shapes do not fit.
    """
    layout = pair_layout(len(tasks))
    comparison = _comparison(gains, scores, layout, options)
    return _Rows(comparison, tuple(tasks), "pairs", frozenset(shares_runs)).all()


def agree_groups(
    gains: ArrayLike,
    scores: Mapping[str, ArrayLike],
    tasks: Sequence[str],
    networks: Sequence[Collection[str]],
    *,
    shares_runs: Collection[str] = (),
    options: Options = DEFAULTS,
) -> list[AgreementRow]:
    """Return the agreement of predicted values with the gains of targets within groups.

    As ``agree``, with ``networks`` (each a collection of tasks) as columns in place of partners:
    the "best partner" of a target is then its best network. p comes from those relabellings of
    tasks that carry the networks onto each other; all groups of a size have every relabelling.
    """
    place = {task: number for number, task in enumerate(tasks)}
    layout = group_layout(len(tasks), [[place[task] for task in network] for network in networks])
    comparison = _comparison(gains, scores, layout, options)
    return _Rows(comparison, tuple(tasks), "groups", frozenset(shares_runs)).all()


def _comparison(
    gains: ArrayLike, scores: Mapping[str, ArrayLike], layout: Layout, options: Options
) -> Comparison:
    table = _table(gains, layout, "gains")
    if table.ndim != 3:
        raise ValueError("gains need an axis of seeds")
    cells = {name: _table(score, layout, name) for name, score in scores.items()}
    for name, score in cells.items():
        if score.ndim == 3 and len(score) != len(table):
            raise ValueError(f"{name} has {len(score)} seeds, the gains have {len(table)}")
    measured = np.asarray(~np.isnan(table).all(axis=(1, 2)))
    kept = {name: seeds_with_gains(score, measured) for name, score in cells.items()}
    return Comparison(table[measured], kept, layout, options)


def _table(values: ArrayLike, layout: Layout, name: str) -> Array:
    table = np.array(values, dtype=np.float64)
    if table.ndim not in (2, 3) or table.shape[-2:] != layout.mask.shape:
        raise ValueError(f"{name} has shape {table.shape}, expected (seeds, *{layout.mask.shape})")
    return np.where(layout.mask & np.isfinite(table), table, np.nan)


@dataclass(frozen=True)
class _Rows:
    """Writes the rows of one comparison."""

    comparison: Comparison
    tasks: tuple[str, ...]
    level: str
    shares_runs: frozenset[str]

    def all(self) -> list[AgreementRow]:
        options = self.comparison.options
        score = {name: place for place, name in enumerate(self.comparison.scores)}
        rows = [
            row
            for fit in options.fits
            for measure in options.measures
            for target in self._targets(measure)
            for row in self._of_all_scores(fit, measure, target)
        ]
        # stable: fit, measure and target keep the order of the loops above
        return sorted(rows, key=lambda row: score[row.score])

    def _targets(self, measure: Measure) -> list[int | None]:
        return [None, *range(len(self.tasks))] if measure.per_target else [None]

    def _of_all_scores(
        self, fit: Fit, measure: Measure, target: int | None
    ) -> Iterator[AgreementRow]:
        for score, p in self.comparison.p_values(fit, measure, target).items():
            yield self._row(score, fit, measure, target, p)

    def _row(
        self, score: str, fit: Fit, measure: Measure, target: int | None, p: P
    ) -> AgreementRow:
        value = self.comparison.value(score, fit, measure, target)
        ceiling, no_ceiling = self.comparison.ceiling(score, fit, measure, target)
        reasons = [SHARES_RUNS] if fit is Fit.SAME and score in self.shares_runs else []
        low = high = math.nan
        if math.isnan(value):
            reasons.append(self.comparison.undefined(score, fit, measure, target) or NO_VALUES)
        else:
            low, high, no_interval = self.comparison.interval(score, fit, measure, target)
            no_p = self.comparison.without_p(target) if math.isnan(p.p) else ""
            reasons += [no_p, no_interval, no_ceiling]
        n_tasks, n_pairs = self.comparison.size(score, target)
        return AgreementRow(
            score=score,
            level=self.level,
            measure=measure.value,
            target=None if target is None else self.tasks[target],
            fit=fit.value,
            value=_known(value),
            low=_known(low),
            high=_known(high),
            p=_known(p.p),
            p_corrected=_known(p.corrected),
            p_smallest=None if math.isnan(p.p) else p.smallest,
            ceiling=_known(ceiling),
            n_tasks=n_tasks,
            n_pairs=n_pairs,
            n_seeds=len(self.comparison.gains),
            reason="; ".join(reason for reason in reasons if reason) or None,
        )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
