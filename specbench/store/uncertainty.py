"""How far the headline gains can be trusted: reliability, parts of the variance, seed intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from specbench.spec.models import GainSection
from specbench.spec.study import Study
from specbench.store.cubes import axes_of, pair_gains, score_cubes
from specbench.store.rows import Rows
from specbench.store.scored import PROXY

if TYPE_CHECKING:
    from specbench.stats.correlation import Array
    from specbench.stats.coverage import Coverage
    from specbench.stats.variance import Variance

_LARGE_STUDY = 20
"""Tasks beyond which coverage is simulated on fewer studies, for time."""


def add_uncertainty(rows: Rows, connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Add what the headline gains say of their own noise, condition by condition and together."""
    gain = study.spec.gain
    definition = (gain.quantity, gain.baseline, gain.denominator, gain.split)
    for condition in study.conditions:
        axes = axes_of(connection, study, condition)
        gains = pair_gains(connection, study, condition, gain, axes)
        if gains is None:
            continue
        where = (study.name, condition.name)
        parts = _add_variance(rows, (*where, *definition), gains)
        _add_reliability(rows, (*where, *definition), gains, parts)
        scores = score_cubes(connection, study, condition, axes)
        scores.pop(PROXY, None)
        _add_intervals(rows, where, definition, gains, scores)
    together = _together(connection, study, gain)
    if together is not None:
        _add_variance(rows, (study.name, None, *definition), together)


def _together(
    connection: duckdb.DuckDBPyConnection, study: Study, gain: GainSection
) -> Array | None:
    """Return the gains of the conditions that have the base's tasks, (conditions, seeds, T, T)."""
    import numpy as np

    fitting = [c for c in study.conditions if sorted(c.tasks) == sorted(study.base.tasks)]
    axes = axes_of(connection, study, *fitting)
    tables = [pair_gains(connection, study, condition, gain, axes) for condition in fitting]
    known = [table for table in tables if table is not None]
    return np.stack(known) if len(known) > 1 else None


def _add_variance(rows: Rows, where: tuple[str | None, ...], gains: Array) -> Variance:
    from specbench.stats.variance import split_variance

    found = split_variance(gains)
    reason = found.reason or None
    for part, share in found.shares().items():
        rows.add("variance_row", *where, part, _known(getattr(found, part)), _known(share), reason)
    rows.add("variance_row", *where, "total", _known(found.total), None, reason)
    return found


def _add_reliability(rows: Rows, where: tuple[str, ...], gains: Array, parts: Variance) -> None:
    """Add a row for the mean of all seeds and one for that of all but one."""
    import numpy as np

    from specbench.stats.layout import pair_layout
    from specbench.stats.reliability import reliability

    measured = gains[~np.isnan(gains).all(axis=(1, 2))]
    n_seeds, n_tasks = len(measured), gains.shape[1]
    covered = _coverage(n_tasks, n_seeds, parts)
    for averaged in sorted({n_seeds, max(1, n_seeds - 1)}):
        found = reliability(measured, pair_layout(n_tasks), averaged)
        numbers = (found.r_bar, found.value, found.ceiling, found.low, found.high)
        known = [_known(value) for value in (*numbers, covered.value, covered.error)]
        reason = "; ".join(filter(None, (found.reason, covered.reason))) or None
        rows.add("reliability_row", *where, n_tasks, n_seeds, averaged, *known, reason)


def _coverage(n_tasks: int, n_seeds: int, parts: Variance) -> Coverage:
    """Return how often the interval over tasks covers, simulated at the study's own make-up.

    Where the seed's part is not known it is contained in the pair's.
    """
    from specbench.stats.coverage import Coverage, simulated_coverage
    from specbench.stats.simulation import Shares

    effects = [0.0 if math.isnan(v) else v for v in (parts.target, parts.partner, parts.pair)]
    noise = 0.0 if math.isnan(parts.seed) else parts.seed
    whole = sum(effects) + noise
    if not whole > 0:
        return Coverage(math.nan, math.nan, "coverage not estimable: the gains do not vary")
    target, partner, pair = (effect / whole for effect in effects)
    shares = Shares(target, partner, pair, noise / whole)
    if n_tasks > _LARGE_STUDY:
        return simulated_coverage(n_tasks, n_seeds, shares, studies=200, resamples=500)
    return simulated_coverage(n_tasks, n_seeds, shares)


def _add_intervals(
    rows: Rows,
    where: tuple[str, str],
    definition: tuple[str, ...],
    gains: Array,
    scores: Mapping[str, Array],
) -> None:
    """Add the interval over seeds of every score's agreement over all targets."""
    from specbench.stats.fits import Fit
    from specbench.stats.measures import Measure
    from specbench.stats.seeds import seed_interval

    for score, cube in scores.items():
        for measure in Measure:
            for fit in Fit:
                low, high, reason = seed_interval(cube, gains, fit, measure)
                what = (measure.value, fit.value, _known(low), _known(high), reason or None)
                rows.add("seed_interval_row", *where, score, *definition, *what)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
