"""The agreement and group_scores views, filled from the gains and scores that the store holds."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from specbench.names import join
from specbench.scores.registry import SCORES
from specbench.spec.models import GainSection
from specbench.spec.study import Condition, Study
from specbench.store.groups import (
    HOA,
    group_values,
    hoa_gains,
    large_groups,
    own_group_values,
    read_group_gains,
)
from specbench.store.rows import Rows, transaction
from specbench.store.sharing import shares_runs

if TYPE_CHECKING:
    from specbench.stats.correlation import Array

_ROWS_VERSION = 2
"""Raise it when the statistics of unchanged results would differ."""


def fill_agreement(connection: duckdb.DuckDBPyConnection, study: Study) -> bool:
    """Compute the agreement of every score with every requested gain, in every condition.

    Only where results or definitions have changed since the last time; returns whether.
    """
    digest = _digest(connection, study)
    known = connection.execute("SELECT digest FROM derived WHERE study = ?", [study.name])
    if known.fetchall() == [(digest,)]:
        return False
    rows = Rows()
    for condition in study.conditions:
        _collect(rows, connection, study, condition)
    rows.add("derived", study.name, digest)
    with transaction(connection):
        for table in ("agreement_row", "group_score_row", "derived"):
            connection.execute(f"DELETE FROM {table} WHERE study = ?", [study.name])
        rows.insert(connection)
    return True


def _digest(connection: duckdb.DuckDBPyConnection, study: Study) -> str:
    held = connection.execute(
        "SELECT key FROM member_network JOIN ingested USING (key) WHERE study = $1 UNION "
        "SELECT key FROM member_score JOIN ingested USING (key) WHERE study = $1 ORDER BY key",
        [study.name],
    ).fetchall()
    gains = [gain.model_dump(mode="json") for gain in study.gains]
    names = [condition.name for condition in study.conditions]
    text = json.dumps([_ROWS_VERSION, held, gains, names, study.seeds])
    return hashlib.sha256(text.encode()).hexdigest()


def _collect(
    rows: Rows, connection: duckdb.DuckDBPyConnection, study: Study, condition: Condition
) -> None:
    """Add what one condition's scores say of groups, and how they agree with every gain."""
    tasks, seeds = sorted(condition.tasks), sorted(study.seeds)
    found = {
        name: _of_score(connection, study.name, condition.name, name, tasks, seeds)
        for name in study.scores
    }
    scores = {name: cube for name, cube in found.items() if cube is not None}
    groups = large_groups(condition)
    own = own_group_values(connection, study.name, condition.name, tasks, groups, seeds)
    means = group_values(scores, tasks, groups) if groups else {}
    values = {**means, **own}
    for place, gain in enumerate(study.gains):
        where = (connection, study.name, condition.name, gain)
        gains = _cube(_gains(*where), tasks, seeds)
        _add_agreement(rows, study, condition, gain, gains, scores)
        if groups:
            hoa = hoa_gains(*where, tasks, groups, seeds)
            known = values if hoa is None else {**values, HOA: hoa}
            if place == 0:
                stored = {name: cube for name, cube in known.items() if name not in own}
                _add_group_scores(rows, study, condition, stored, groups)
            gains = read_group_gains(*where, tasks, groups, seeds)
            _add_agreement(rows, study, condition, gain, gains, known, groups)


def _add_agreement(
    rows: Rows,
    study: Study,
    condition: Condition,
    gain: GainSection,
    gains: Array | None,
    scores: Mapping[str, Array],
    groups: Sequence[tuple[str, ...]] = (),
) -> None:
    """Add the agreement of ``scores`` with ``gains``, of pairs or, if any are given, of groups."""
    from specbench.stats.agreement import agree, agree_groups

    if gains is None or not scores:
        return
    tasks = sorted(condition.tasks)
    shared = {name for name in scores if shares_runs(name, condition, gain, groups=bool(groups))}
    found = (
        agree_groups(gains, scores, tasks, groups, shares_runs=shared)
        if groups
        else agree(gains, scores, tasks, shares_runs=shared)
    )
    definition = (gain.quantity, gain.baseline, gain.denominator, gain.split)
    for row in found:
        where = (study.name, condition.name, condition.name, row.score, row.level)
        numbers = (row.value, row.low, row.high, row.p, row.p_corrected, row.p_smallest)
        sizes = (row.ceiling, row.n_tasks, row.n_pairs, row.n_seeds, row.reason)
        what = (row.measure, row.target, row.fit)
        rows.add("agreement_row", *where, *definition, *what, *numbers, *sizes)


def _add_group_scores(
    rows: Rows,
    study: Study,
    condition: Condition,
    values: Mapping[str, Array],
    groups: Sequence[tuple[str, ...]],
) -> None:
    """Add a row for every member of every group, NULL where a pair of it has no score."""
    tasks = sorted(condition.tasks)
    for score, cube in values.items():
        for layer, seed in enumerate(sorted(study.seeds)):
            table = cube[layer] if cube.ndim == 3 else cube
            for column, group in enumerate(groups):
                for target in group:
                    value = float(table[tasks.index(target), column])
                    known = value if math.isfinite(value) else None
                    where = (study.name, condition.name, seed, score, target, join(group))
                    rows.add("group_score_row", *where, known)


def _gains(
    connection: duckdb.DuckDBPyConnection, study: str, condition: str, gain: GainSection
) -> list[Any]:
    return connection.execute(
        "SELECT seed, target, partner, gain FROM gains WHERE study = ? AND condition = ? "
        "AND quantity = ? AND baseline = ? AND denominator = ? AND split = ?",
        [study, condition, gain.quantity, gain.baseline, gain.denominator, gain.split],
    ).fetchall()


def _of_score(
    connection: duckdb.DuckDBPyConnection,
    study: str,
    condition: str,
    score: str,
    tasks: Sequence[str],
    seeds: Sequence[int],
) -> Array | None:
    """Return (seeds, targets, partners), or (targets, partners) where no run stands behind it."""
    found = connection.execute(
        "SELECT seed, target, partner, value FROM scores "
        "WHERE study = ? AND condition = ? AND score = ?",
        [study, condition, score],
    ).fetchall()
    cube = _cube(found, tasks, seeds)
    return cube[0] if cube is not None and not SCORES[score].needs.trained else cube


def _cube(rows: Sequence[Any], tasks: Sequence[str], seeds: Sequence[int]) -> Array | None:
    """Return values as (seeds, targets, partners), NaN where there is none; None without rows."""
    import numpy as np

    if not rows:
        return None
    place = {task: index for index, task in enumerate(tasks)}
    layer = {seed: index for index, seed in enumerate(seeds)}
    cube = np.full((len(seeds), len(tasks), len(tasks)), np.nan)
    for seed, target, partner, value in rows:
        if value is not None:
            cube[layer[seed], place[target], place[partner]] = value
    return cube
