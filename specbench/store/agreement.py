"""The agreement view, filled from the gains and scores that the store holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from specbench.spec.models import GainSection
from specbench.spec.study import Condition, Study
from specbench.store.rows import Rows, transaction
from specbench.store.scored import has_runs, score_names, shares_runs

if TYPE_CHECKING:
    from specbench.stats.correlation import Array

_ROWS_VERSION = 1
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
        for gain in study.gains:
            _collect(rows, connection, study, condition, gain)
    rows.add("derived", study.name, digest)
    with transaction(connection):
        for table in ("agreement_row", "derived"):
            connection.execute(f"DELETE FROM {table} WHERE study = ?", [study.name])
        rows.insert(connection)
    return True


def _digest(connection: duckdb.DuckDBPyConnection, study: Study) -> str:
    held = connection.execute(
        "SELECT key FROM member_network JOIN ingested USING (key) WHERE study = $1 UNION "
        "SELECT key FROM member_figures JOIN ingested USING (key) WHERE study = $1 UNION "
        "SELECT key FROM member_score JOIN ingested USING (key) WHERE study = $1 ORDER BY key",
        [study.name],
    ).fetchall()
    gains = [gain.model_dump(mode="json") for gain in study.gains]
    names = [condition.name for condition in study.conditions]
    text = json.dumps([_ROWS_VERSION, held, gains, names, study.seeds])
    return hashlib.sha256(text.encode()).hexdigest()


def _collect(
    rows: Rows,
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    condition: Condition,
    gain: GainSection,
) -> None:
    from specbench.stats.agreement import agree

    tasks = sorted(condition.tasks)
    found = _gains(connection, study.name, condition.name, gain)
    seeds = sorted({row[0] for row in found})
    gains = _cube(found, tasks, seeds)
    scores = {
        name: _of_score(connection, study.name, condition.name, name, tasks, seeds)
        for name in score_names(connection, study, condition.name)
    }
    if gains is None or not scores:
        return
    present = {name: cube for name, cube in scores.items() if cube is not None}
    shared = {name for name in present if shares_runs(name)}
    definition = (gain.quantity, gain.baseline, gain.denominator, gain.split)
    for row in agree(gains, present, tasks, shares_runs=shared) if present else ():
        where = (study.name, condition.name, condition.name, row.score, row.level)
        numbers = (row.value, row.low, row.high, row.p, row.p_corrected, row.p_smallest)
        sizes = (row.ceiling, row.n_tasks, row.n_pairs, row.n_seeds, row.reason)
        what = (row.measure, row.target, row.fit)
        rows.add("agreement_row", *where, *definition, *what, *numbers, *sizes)


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
    return cube if cube is None or has_runs(score) else _any_seed(cube)


def _any_seed(cube: Array) -> Array:
    """Return the first value there is for every pair: without runs all seeds have the same."""
    import numpy as np

    known = ~np.isnan(cube)
    first: Array = np.take_along_axis(cube, known.argmax(0)[None], axis=0)[0]
    return first


def _cube(rows: Sequence[Any], tasks: Sequence[str], seeds: Sequence[int]) -> Array | None:
    """Return values as (seeds, targets, partners), NaN where there is none; None without rows."""
    import numpy as np

    if not rows:
        return None
    place = {task: index for index, task in enumerate(tasks)}
    layer = {seed: index for index, seed in enumerate(seeds)}
    cube = np.full((len(seeds), len(tasks), len(tasks)), np.nan)
    for seed, target, partner, value in rows:
        if value is not None and seed in layer:
            cube[layer[seed], place[target], place[partner]] = value
    return cube
