"""The selections view: networks chosen by every method under every limit of [choose]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from specbench.names import split
from specbench.scores.registry import SCORES
from specbench.spec.study import Condition, Study
from specbench.store.candidates import Networks, read_networks
from specbench.store.cubes import Axes, axes_of, score_cubes
from specbench.store.groups import own_group_values
from specbench.store.rows import Rows
from specbench.store.scored import PROXY

if TYPE_CHECKING:
    from specbench.choose.selections import Selection
    from specbench.stats.correlation import Array

SEPARATOR = ", "
"""Between the networks of a set."""


def add_selections(rows: Rows, connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Add what is chosen in every condition: per seed, and on means over seeds (seed NULL)."""
    if not study.spec.choose.budgets and not study.spec.choose.splits:
        return
    for condition in study.conditions:
        _choose(rows, connection, study, condition)


def _choose(
    rows: Rows, connection: duckdb.DuckDBPyConnection, study: Study, condition: Condition
) -> None:
    axes = axes_of(connection, study, condition)
    networks = read_networks(connection, study, condition, axes.seeds)
    if not networks.names:
        return
    scores = score_cubes(connection, study, condition, axes)
    scores.pop(PROXY, None)
    groups = _judged(connection, study, condition, networks, scores, axes)
    mean = _chosen(study, networks, scores, groups, None)
    layers: list[tuple[int | None, Sequence[Selection]]] = [(None, mean)]
    if len(axes.seeds) == 1:
        layers.append((axes.seeds[0], mean))
    else:
        layers += [
            (seed, _chosen(study, networks, scores, groups, at))
            for at, seed in enumerate(axes.seeds)
        ]
    for seed, found in layers:
        for one in found:
            _add(rows, study, condition, seed, one)


def _chosen(
    study: Study,
    networks: Networks,
    scores: Mapping[str, Array],
    groups: Mapping[str, Array],
    seed: int | None,
) -> list[Selection]:
    """Return the choices on the losses and scores of one seed (its place), or on means."""
    from specbench.choose.methods import Method
    from specbench.choose.selections import selections

    section = study.spec.choose
    tables = {name: _table(cube, seed) for name, cube in scores.items()}
    wanted = [name.lower() for name in section.methods or (*Method, *scores)]
    known = [name for name in wanted if name in {*Method, *scores}]
    unpriced = networks.unpriced
    found = selections(
        networks.candidates(seed),
        groups={name: _table(cube, seed)[networks.kept] for name, cube in groups.items()},
        budgets=() if unpriced else sorted(section.budgets),
        splits=sorted(section.splits),
        scores=tables,
        methods=known,
    )
    reason = f"no {section.cost if section.cost == 'capacity' else 'multiply-adds'} of {unpriced}"
    absent = [name for name in wanted if name not in known]
    return [
        *found,
        *(_nothing(section.budgets, "budget", known, reason) if unpriced else ()),
        *_nothing(section.budgets, "budget", absent, "no value of this score"),
        *_nothing(section.splits, "splits", absent, "no value of this score"),
    ]


def _judged(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    condition: Condition,
    networks: Networks,
    scores: Mapping[str, Array],
    axes: Axes,
) -> dict[str, Array]:
    """Return what scores that judge groups themselves say, (seeds, networks, tasks).

    A task alone has the value 0; NaN where a score says nothing.
    """
    import numpy as np

    groups = sorted({split(name) for name in networks.names})
    named = (connection, study.name, condition.name, axes.tasks, groups, axes.seeds)
    own = own_group_values(*named)
    place = {task: number for number, task in enumerate(axes.tasks)}
    found = {}
    for name in scores:
        if name not in SCORES or not SCORES[name].judges_groups:
            continue
        values = np.full((len(axes.seeds), len(networks.names), len(axes.tasks)), np.nan)
        for row, network in enumerate(networks.names):
            members = split(network)
            numbers = [place[task] for task in members]
            if len(members) == 1:
                values[:, row, numbers] = 0.0
            elif len(members) == 2:
                first, second = numbers
                values[:, row, first] = scores[name][:, first, second]
                values[:, row, second] = scores[name][:, second, first]
            elif name in own:
                values[:, row] = own[name][:, :, groups.index(members)]
        found[name] = values
    return found


def _nothing(
    limits: Sequence[float], kind: str, methods: Sequence[str], reason: str
) -> list[Selection]:
    """Return the rows of methods that lack what they need."""
    from specbench.choose.selections import Assign, Selection

    why = f"not available: {reason}"
    return [
        Selection(method, kind, float(limit), None, assign.value, None, None, None, why)
        for limit in limits
        for method in methods
        for assign in Assign
    ]


def _table(cube: Array, seed: int | None) -> Array:
    """Return a score as (targets, partners): of one seed, of none, or its mean over seeds."""
    from specbench.stats.measures import mean_defined

    if cube.ndim == 2:
        return cube
    return mean_defined(cube, axis=0) if seed is None else cube[seed]


def _add(rows: Rows, study: Study, condition: Condition, seed: int | None, one: Selection) -> None:
    names = None if one.networks is None else SEPARATOR.join(one.networks)
    limit = (one.limit_kind, one.limit, names, one.assign)
    totals = (one.val_total, one.test_total, one.regret)
    where = (study.name, condition.name, seed, one.method)
    rows.add("selection_row", *where, *limit, *totals, one.reason)
