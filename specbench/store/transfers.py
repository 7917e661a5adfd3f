"""The views transfer_sets and transfer_tests, filled from the transfers that the store holds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from specbench.names import split as members_of
from specbench.spec.data import PublishedData
from specbench.spec.study import Condition, Study
from specbench.store.rows import Rows
from specbench.tasks.catalogue import HIGHER_IS_BETTER

if TYPE_CHECKING:
    from specbench.stats.bootstrap import Interval
    from specbench.stats.correlation import Array

NONE, OWN_GROUP = "none", "own group"
"""`own group` is no set of its own: of each target it has what the set of its group gave it."""
_RANDOM = re.compile(r"random-(\d+)\.\d+")
_RELATED = re.compile(r"related-(\d+) ")


def add_transfers(rows: Rows, connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Add the quality of every set of sources, and related against random ones."""
    for condition in study.conditions:
        held = connection.execute(
            "SELECT DISTINCT split FROM transfers WHERE study = ? AND condition = ?",
            [study.name, condition.name],
        ).fetchall()
        splits = {split for (split,) in held}
        split = "test" if "test" in splits else "val"
        if splits:
            found = _read(connection, study, condition, split)
            _add_sets(rows, study, condition, found)
            _add_tests(rows, study, condition, found)


@dataclass(frozen=True)
class _Table:
    """Transfers of one condition: values (seeds, targets) by set, and what they cost."""

    quantity: str
    split: str
    seeds: tuple[int, ...]
    targets: tuple[str, ...]
    better: Array
    """Whether higher is better, by target."""
    values: Mapping[str, Array]
    sizes: Mapping[str, Mapping[str, int]]
    """Sources of a set, by target."""
    costs: Mapping[str, Array]
    """Of a set: (targets, 3) of pre-training, finetuning and seconds, means over seeds."""

    def gains(self, name: str) -> Array | None:
        """Return what a set gains over no pre-training; None where that was not measured."""
        from specbench.stats.transfer import gains_over

        if NONE not in self.values:
            return None
        relative = self.quantity == "loss"
        base = self.values[NONE]
        return gains_over(self.values[name], base, relative=relative, higher_is_better=self.better)

    def scale(self, columns: list[int]) -> Array | None:
        """Return what the spread of targets' losses is told in: their size without pre-training."""
        if self.quantity != "loss" or NONE not in self.values:
            return None
        return _means(self.values[NONE])[columns]


def metric_of(condition: Condition, target: str) -> str:
    """Return what the quality of a target is told in: its loss, or its first metric."""
    transfer = condition.settings.transfer
    if transfer is None or transfer.quantity == "loss":
        return "loss"
    task: Any = condition.tasks[target]
    metrics = task["metrics"] if isinstance(task, Mapping) else task.metrics
    return str(metrics[0])


def _read(
    connection: duckdb.DuckDBPyConnection, study: Study, condition: Condition, split: str
) -> _Table:
    import numpy as np

    found = connection.execute(
        "SELECT seed, source_set, sources, target, metric, value, pretrain_macs, finetune_macs, "
        "seconds FROM transfers WHERE study = ? AND condition = ? AND split = ? ORDER BY ALL",
        [study.name, condition.name, split],
    ).fetchall()
    if not isinstance(condition.settings.data, PublishedData):
        found = [row for row in found if row[4] == metric_of(condition, row[3])]
    seeds = tuple(sorted({row[0] for row in found}))
    targets = tuple(sorted({row[3] for row in found}))
    metrics = {row[3]: row[4] for row in found}
    shape = (len(seeds), len(targets))
    values: dict[str, Array] = {}
    costs: dict[str, Array] = {}
    sizes: dict[str, dict[str, int]] = {}
    for seed, name, sources, target, _, value, *cost in found:
        place = (seeds.index(seed), targets.index(target))
        values.setdefault(name, np.full(shape, np.nan))[place] = value
        table = costs.setdefault(name, np.full((*shape, 3), np.nan))
        table[place] = [math.nan if one is None else one for one in cost]
        sizes.setdefault(name, {})[target] = len(members_of(sources)) if sources else 0
    transfer = condition.settings.transfer
    quantity = transfer.quantity if transfer else next(iter(metrics.values()))
    _add_own_groups(condition, targets, values, costs, sizes)
    return _Table(
        quantity=quantity,
        split=split,
        seeds=seeds,
        targets=targets,
        better=np.array([_higher(metrics[one]) for one in targets]),
        values=values,
        sizes=sizes,
        costs={name: _means(table) for name, table in costs.items()},
    )


def _add_own_groups(
    condition: Condition,
    targets: Sequence[str],
    values: dict[str, Array],
    costs: dict[str, Array],
    sizes: dict[str, dict[str, int]],
) -> None:
    """Add what every target has of the set of its own group, the first it is in, if any has."""
    import numpy as np

    transfer = condition.settings.transfer
    named = dict(transfer.groups) if transfer else {one: [one] for one in targets}
    found = {
        place: next((name for name in named if one in named[name] and name in values), None)
        for place, one in enumerate(targets)
    }
    if not any(found.values()):
        return
    some = next(iter(values.values()))
    values[OWN_GROUP] = np.full(some.shape, np.nan)
    costs[OWN_GROUP] = np.full((*some.shape, 3), np.nan)
    sizes[OWN_GROUP] = {}
    for place, name in found.items():
        if name is not None:
            values[OWN_GROUP][:, place] = values[name][:, place]
            costs[OWN_GROUP][:, place] = costs[name][:, place]
            sizes[OWN_GROUP] |= {targets[place]: sizes[name].get(targets[place], 0)}


def _higher(metric: str) -> bool:
    return HIGHER_IS_BETTER.get(metric, metric != "loss")


def _means(table: Array) -> Array:
    """Return means over the first axis of what is known."""
    import numpy as np

    known = ~np.isnan(table)
    with np.errstate(invalid="ignore"):
        found: Array = np.where(known, table, 0.0).sum(0) / known.sum(0)
    return found


def target_groups(condition: Condition, targets: Sequence[str]) -> dict[str, list[str]]:
    """Return the groups that targets are averaged over: '' for all, named ones, each alone."""
    transfer = condition.settings.transfer
    named = transfer.groups if transfer else {}
    groups = {"": list(targets)}
    for name, members in named.items():
        within = [one for one in targets if one in members]
        if within:
            groups[name] = within
    return groups | {one: [one] for one in targets if one not in groups}


def _add_sets(rows: Rows, study: Study, condition: Condition, table: _Table) -> None:
    import numpy as np

    from specbench.stats.transfer import over_seeds, over_targets, spread

    groups = target_groups(condition, table.targets)
    for name, values in table.values.items():
        gains = table.gains(name)
        for group, members in groups.items():
            columns = [table.targets.index(one) for one in members]
            some = None if gains is None else gains[:, columns]
            across, along = _intervals(some, over_targets, over_seeds)
            costs = table.costs[name][columns]
            rows.add(
                "transfer_set_row",
                study.name,
                condition.name,
                name,
                group,
                table.quantity,
                table.split,
                float(np.mean(list(table.sizes[name].values()))),
                len(columns),
                len(table.seeds),
                _number(_mean(values[:, columns])),
                None if some is None else _number(_mean(some)),
                *map(_number, (across.low, across.high, along.low, along.high)),
                _number(spread(values[:, columns], table.scale(columns))),
                *(_number(_mean(costs[:, place])) for place in range(3)),
                across.reason or along.reason,
            )


def _intervals(gains: Array | None, *ways: Any) -> tuple[Interval, ...]:
    from specbench.stats.bootstrap import Interval

    if gains is None:
        return tuple(Interval(math.nan, math.nan, "no set 'none' to compare with") for _ in ways)
    return tuple(way(gains) for way in ways)


def _add_tests(rows: Rows, study: Study, condition: Condition, table: _Table) -> None:
    """Add every set that a score chose, and the own group, against the random sets of their size.

    The own group stands for what people call related. It is left out where it is of another size
    than the random sets, or of several.
    """
    import numpy as np

    from specbench.stats.transfer import against_random

    for name in table.values:
        size = _as_many(name, table)
        drawn = [one for one in table.values if size and _drawn_size(one) == size]
        if not size or (name == OWN_GROUP and not drawn):
            continue
        where = (study.name, condition.name, name, ", ".join(drawn), table.quantity, table.split)
        own, others = table.gains(name), [table.gains(one) for one in drawn]
        if not drawn or own is None:
            reason = f"no random sets of {size}" if own is not None else "no set 'none'"
            rows.add("transfer_test_row", *where, None, None, None, 0, len(drawn), 0, reason)
            continue
        stack = np.stack([_means(own), *(_means(one) for one in others if one is not None)])
        known = ~np.isnan(stack).any(0)
        if not known.any():
            words = "no target has both"
            rows.add("transfer_test_row", *where, None, None, None, 0, len(drawn), 0, words)
            continue
        found = against_random(stack[0, known], stack[1:, known])
        sizes = (int(known.sum()), len(drawn), len(table.seeds))
        rows.add("transfer_test_row", *where, *map(_number, found), *sizes, "")


def _as_many(name: str, table: _Table) -> str:
    """Return how many sources related ones have; '' of other sets, and where targets differ."""
    if name == OWN_GROUP:
        sizes = set(table.sizes[name].values())
        return str(*sizes) if len(sizes) == 1 else ""
    found = _RELATED.match(name)
    return found[1] if found else ""


def _drawn_size(name: str) -> str:
    """Return how many sources a random set has, as it stands in its name; '' of other sets."""
    found = _RANDOM.match(name)
    return found[1] if found else ""


def _mean(values: Array) -> float:
    import numpy as np

    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
