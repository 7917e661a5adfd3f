"""The agreement and group_scores views, filled from the gains and scores that the store holds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from specbench.names import join
from specbench.spec.models import GainSection
from specbench.spec.study import Condition, Study
from specbench.store.cubes import Axes, axes_of, pair_gains, score_cubes
from specbench.store.groups import (
    HOA,
    group_values,
    groups_of,
    hoa_gains,
    own_group_values,
    read_group_gains,
)
from specbench.store.rows import Rows
from specbench.store.scored import PROXY, has_runs, shared_sizes
from specbench.store.sharing import shares_runs, sizes_read

if TYPE_CHECKING:
    from specbench.stats.correlation import Array
    from specbench.stats.rows import AgreementRow


MANY_GROUPS = 60
"""Groups of three tasks and more (42 in all of six tasks, 99 of seven) beyond which fewer
permutations and resamples are drawn: rank correlations over so many cells take minutes else."""
MOST_GROUPS = 300
"""Groups (219 in all of eight tasks) beyond which agreement at their level is left out."""


def add_agreement(rows: Rows, connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Add the agreement of every score with every requested gain, in and across conditions."""
    for condition in study.conditions:
        _within(rows, connection, study, condition)
    for measured, scored in itertools.permutations(study.conditions, 2):
        if sorted(measured.tasks) == sorted(scored.tasks):
            _across(rows, connection, study, measured, scored)


def _within(
    rows: Rows, connection: duckdb.DuckDBPyConnection, study: Study, condition: Condition
) -> None:
    """Add what one condition's scores say of groups, and how they agree with every gain."""
    axes = axes_of(connection, study, condition)
    scores = score_cubes(connection, study, condition, axes)
    # The gains of a condition are a score for other conditions only.
    scores.pop(PROXY, None)
    groups = groups_of(connection, study, condition)
    named = (connection, study.name, condition.name, axes.tasks, groups, axes.seeds)
    own = own_group_values(*named)
    means = group_values(scores, axes.tasks, groups) if groups else {}
    values = {**means, **own}
    for place, gain in enumerate(study.gains):
        gains = pair_gains(connection, study, condition, gain, axes)
        row = _Writer(rows, study, condition, condition, gain)
        row.pairs(axes.tasks, gains, scores)
        if groups:
            where = (connection, study.name, condition.name, gain, axes.tasks, groups, axes.seeds)
            hoa = hoa_gains(*where)
            known = values if hoa is None else {**values, HOA: hoa}
            if place == 0:
                stored = {name: cube for name, cube in known.items() if name not in own}
                _add_group_scores(rows, study, condition, axes, stored, groups)
            if len(groups) <= MOST_GROUPS:
                row.groups(axes.tasks, groups, read_group_gains(*where), known)


def _across(
    rows: Rows,
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    measured: Condition,
    scored: Condition,
) -> None:
    """Add how the scores of one condition agree with the headline gain of another.

    A score without runs behind it says the same in every condition and is left out.
    """
    axes = axes_of(connection, study, measured, scored)
    gains = pair_gains(connection, study, measured, study.spec.gain, axes)
    scores = score_cubes(connection, study, scored, axes)
    kept = {name: cube for name, cube in scores.items() if has_runs(name)}
    shared = shared_sizes(connection, study, measured, scored)
    row = _Writer(rows, study, measured, scored, study.spec.gain, shared=shared)
    row.pairs(axes.tasks, gains, kept)


class _Writer:
    """Writes agreement rows under one definition of the gain."""

    def __init__(
        self,
        rows: Rows,
        study: Study,
        measured: Condition,
        scored: Condition,
        gain: GainSection,
        *,
        shared: frozenset[int] | None = None,
    ) -> None:
        self._rows = rows
        self._names = (study.name, measured.name, scored.name)
        self._condition = scored
        self._gain = gain
        self._shared = shared
        """Sizes of the networks that scores and gains can have in common; None for all."""

    def pairs(self, tasks: Sequence[str], gains: Array | None, scores: Mapping[str, Array]) -> None:
        """Add the agreement with the gains of pairs."""
        from specbench.stats.agreement import agree

        if gains is not None and scores:
            marked = self._marked(scores, groups=False)
            self._add(agree(gains, scores, tasks, shares_runs=marked))

    def groups(
        self,
        tasks: Sequence[str],
        groups: Sequence[tuple[str, ...]],
        gains: Array | None,
        scores: Mapping[str, Array],
    ) -> None:
        """Add the agreement with the gains in groups."""
        from specbench.stats.agreement import agree_groups
        from specbench.stats.comparison import Options

        few = Options(resamples=500, permutations=499, exhaustive=4)
        options = Options() if len(groups) <= MANY_GROUPS else few
        if gains is not None and scores:
            marked = self._marked(scores, groups=True)
            found = agree_groups(gains, scores, tasks, groups, shares_runs=marked, options=options)
            self._add(found)

    def _marked(self, scores: Mapping[str, Array], *, groups: bool) -> set[str]:
        """Return the scores that read networks which the gain is measured on."""
        return {
            name
            for name in scores
            if (self._shared is None or self._shared & sizes_read(name, self._condition))
            and shares_runs(name, self._condition, self._gain, groups=groups)
        }

    def _add(self, found: Sequence[AgreementRow]) -> None:
        gain = self._gain
        definition = (gain.quantity, gain.baseline, gain.denominator, gain.split)
        for row in found:
            numbers = (row.value, row.low, row.high, row.p, row.p_corrected, row.p_smallest)
            sizes = (row.ceiling, row.n_tasks, row.n_pairs, row.n_seeds, row.reason)
            what = (row.measure, row.target, row.fit)
            names = (*self._names, row.score, row.level, *definition)
            self._rows.add("agreement_row", *names, *what, *numbers, *sizes)


def _add_group_scores(
    rows: Rows,
    study: Study,
    condition: Condition,
    axes: Axes,
    values: Mapping[str, Array],
    groups: Sequence[tuple[str, ...]],
) -> None:
    """Add a row for every member of every group, NULL where a pair of it has no score."""
    for score, cube in values.items():
        for layer, seed in enumerate(axes.seeds):
            table = cube[layer] if cube.ndim == 3 else cube
            for column, group in enumerate(groups):
                for target in group:
                    value = float(table[axes.tasks.index(target), column])
                    known = value if math.isfinite(value) else None
                    where = (study.name, condition.name, seed, score, target, join(group))
                    rows.add("group_score_row", *where, known)
