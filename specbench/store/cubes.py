"""Gains and scores of a condition as arrays, NaN where there is no value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from specbench.spec.data import PublishedData
from specbench.spec.models import GainSection
from specbench.spec.study import Condition, Study
from specbench.store.scored import has_runs, score_names

if TYPE_CHECKING:
    from specbench.stats.correlation import Array


@dataclass(frozen=True)
class Axes:
    """What rows and layers of an array stand for."""

    tasks: tuple[str, ...]
    """In alphabetical order."""
    seeds: tuple[int, ...]


def axes_of(connection: duckdb.DuckDBPyConnection, study: Study, *conditions: Condition) -> Axes:
    """Return the tasks and seeds of conditions; seeds of published figures are those found."""
    tasks = tuple(sorted(conditions[0].tasks))
    if not isinstance(conditions[0].settings.data, PublishedData):
        return Axes(tasks, tuple(sorted(study.seeds)))
    names = [condition.name for condition in conditions]
    found = connection.execute(
        "SELECT DISTINCT seed FROM (SELECT study, condition, seed FROM losses UNION ALL "
        "SELECT study, condition, seed FROM gains UNION ALL "
        "SELECT study, condition, seed FROM scores) "
        "WHERE study = ? AND condition IN (SELECT unnest(?::VARCHAR[])) ORDER BY seed",
        [study.name, names],
    ).fetchall()
    return Axes(tasks, tuple(seed for (seed,) in found))


def pair_gains(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    condition: Condition,
    gain: GainSection,
    axes: Axes,
) -> Array | None:
    """Return the gains of ordered pairs, (seeds, targets, partners); None where there are none."""
    rows = connection.execute(
        "SELECT seed, target, partner, gain FROM gains WHERE study = ? AND condition = ? "
        "AND quantity = ? AND baseline = ? AND denominator = ? AND split = ?",
        [
            study.name,
            condition.name,
            gain.quantity,
            gain.baseline,
            gain.denominator,
            gain.split,
        ],
    ).fetchall()
    return _cube(rows, axes.tasks, axes.seeds)


def score_cubes(
    connection: duckdb.DuckDBPyConnection, study: Study, condition: Condition, axes: Axes
) -> dict[str, Array]:
    """Return every score with values: (seeds, targets, partners), or without an axis of seeds.

    A score that no run stands behind has no such axis: all seeds have the same.
    """
    found = {}
    for name in score_names(connection, study, condition.name):
        rows = connection.execute(
            "SELECT seed, target, partner, value FROM scores "
            "WHERE study = ? AND condition = ? AND score = ?",
            [study.name, condition.name, name],
        ).fetchall()
        if has_runs(name):
            cube = _cube(rows, axes.tasks, axes.seeds)
        else:
            cube = _cube([(0, *rest) for _, *rest in rows], axes.tasks, (0,))
        if cube is not None:
            found[name] = cube if has_runs(name) else cube[0]
    return found


def _cube(rows: Iterable[Any], tasks: Sequence[str], seeds: Sequence[int]) -> Array | None:
    """Return values as (seeds, targets, partners), NaN where there is none; None without rows."""
    import numpy as np

    place = {task: index for index, task in enumerate(tasks)}
    layer = {seed: index for index, seed in enumerate(seeds)}
    cube = np.full((len(seeds), len(tasks), len(tasks)), np.nan)
    known = False
    for seed, target, partner, value in rows:
        known = True
        if value is not None:
            cube[layer[seed], place[target], place[partner]] = value
    return cube if known else None
