"""Sets of networks chosen by every method under every limit, and what they come to.

Networks are selected on validation and scored on test. Two ways of assigning tasks to the chosen
networks: ``validation``, where each task takes the one with its lowest validation loss, and
``best_on_test``, which Standley et al. (arXiv 1905.07553) print and which is optimistic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from specbench.choose.candidates import Array, Candidates
from specbench.choose.covers import Members, Sets, drawn_covers, full_covers
from specbench.choose.exact import MOST_TASKS, TIE
from specbench.choose.methods import Chooser, LimitKind, Method, NotAvailableError
from specbench.choose.walk import walked_covers


class Assign(StrEnum):
    """How tasks are assigned to the chosen networks."""

    VALIDATION = "validation"
    BEST_ON_TEST = "best_on_test"


@dataclass(frozen=True)
class Selection:
    """One chosen set of networks, scored under one way of assigning tasks."""

    method: str
    limit_kind: str
    limit: float
    networks: tuple[str, ...] | None
    """Labels of the chosen networks (see ``Candidates.labels``); None for a mean over sets."""
    assign: str
    val_total: float | None
    """Σ over tasks of the lowest validation loss in the set, whatever ``assign``."""
    test_total: float | None
    """Σ over tasks of the test loss of the network assigned."""
    regret: float | None
    """``test_total`` less that of ``optimal`` under the same limit and assignment."""
    reason: str | None
    """Why something is missing, what a mean was taken over, or how far a choice is proven."""


class Totals(NamedTuple):
    """Totals of sets of networks, (sets,) each; NaN where a loss is not known."""

    validation: Array
    test_by_validation: Array
    best_on_test: Array

    def test(self, assign: Assign) -> Array:
        """Return the test totals under one way of assigning."""
        return self.test_by_validation if assign is Assign.VALIDATION else self.best_on_test


def selections(
    candidates: Candidates,
    *,
    budgets: Sequence[float] = (),
    splits: Sequence[int] = (),
    scores: Mapping[str, Array] | None = None,
    methods: Sequence[str] | None = None,
    groups: Mapping[str, Array] | None = None,
    seed: int = 0,
) -> list[Selection]:
    """Return what every method chooses under every budget and every number of groups.

    ``scores`` are (tasks, tasks) in the order of ``candidates.tasks``. ``methods`` are names of
    ``Method`` and of scores, all by default. ``groups`` are (networks, tasks) in the order of the
    candidates: what scores say of the networks themselves, where they do. At a number of groups
    only networks of the largest capacity take part. A method that lacks its input gives a row with
    a reason. Random sets are drawn from ``seed`` where there are too many to take all.
    """
    table = dict(scores or {})
    names = list(methods) if methods is not None else [*Method, *table]
    found = []
    for kind, limits in ((LimitKind.BUDGET, budgets), (LimitKind.SPLITS, splits)):
        order = _order(candidates, kind)
        judged = {name: values[order] for name, values in (groups or {}).items()}
        chooser = Chooser(_ordered(candidates, order), table, kind, judged)
        for limit in limits:
            rows = {name: _rows(chooser, str(name), float(limit), seed) for name in names}
            best = rows.get(Method.OPTIMAL) or _rows(chooser, Method.OPTIMAL, float(limit), seed)
            found += [_with_regret(row, best) for name in names for row in rows[name]]
    return found


def totals(sets: Sets, members: Members, validation: Array, test: Array) -> Totals:
    """Return the totals of ``sets`` (sets, size) of networks with ``members`` and losses (N, T).

    Where validation losses tie, a task goes to the first of the networks, which are in order of
    cost and name. A loss that is not known might be the lowest: then there is no total.
    """
    shape = (len(sets), validation.shape[1])
    lowest, assigned, best = (np.full(shape, np.inf) for _ in range(3))
    for place in np.sort(sets, axis=1).T:
        learns, unknown = members[place], members[place] & np.isnan(validation[place])
        better = validation[place] < lowest - TIE
        assigned = np.where(unknown, np.nan, np.where(better, test[place], assigned))
        lowest = np.where(unknown, np.nan, np.where(better, validation[place], lowest))
        best = np.where(learns, np.minimum(best, test[place]), best)
    finite = [np.where(np.isinf(part), np.nan, part).sum(-1) for part in (lowest, assigned, best)]
    return Totals(*finite)


def _order(candidates: Candidates, kind: LimitKind) -> list[int]:
    """Return the candidates by cost, then name; at a number of groups the largest capacity's."""
    labels, costs, sizes = candidates.labels, candidates.costs, candidates.capacities
    largest = sizes.max(initial=0.0)
    return sorted(
        (i for i in range(len(labels)) if kind is LimitKind.BUDGET or sizes[i] == largest),
        key=lambda i: (costs[i], labels[i]),
    )


def _ordered(candidates: Candidates, order: list[int]) -> Candidates:
    return replace(
        candidates,
        networks=tuple(candidates.networks[i] for i in order),
        capacities=candidates.capacities[order],
        costs=candidates.costs[order],
        validation=candidates.validation[order],
        test=candidates.test[order],
        early=candidates.early[order],
    )


def _rows(chooser: Chooser, method: str, limit: float, seed: int) -> list[Selection]:
    try:
        if method == Method.RANDOM:
            return _random(chooser, limit, seed)
        found = chooser.choose(method, limit, seed)
    except NotAvailableError as error:
        empty = _Row(chooser, method, limit, None)
        return [empty.under(assign, None, None, f"not available: {error}") for assign in Assign]
    chosen, networks = sorted(found.chosen), chooser.candidates
    names = tuple(sorted(networks.labels[i] for i in chosen))
    sums = totals(
        np.array([chosen], dtype=np.int32), networks.members, networks.validation, networks.test
    )
    row = _Row(chooser, method, limit, names)
    return [
        row.under(assign, sums.validation[0], sums.test(assign)[0], found.note) for assign in Assign
    ]


def _random(chooser: Chooser, limit: float, seed: int) -> list[Selection]:
    networks, spending = chooser.candidates, chooser.spending
    rng = np.random.default_rng(seed)
    sets, drawn = None, ""
    if len(networks.tasks) > MOST_TASKS:
        sets, drawn = walked_covers(spending, networks.members, limit, rng), "ends of random walks"
    else:
        sets = full_covers(spending, networks.members, limit)
        if sets is None:
            sets, drawn = drawn_covers(spending, networks.members, limit, rng), "drawn sets"
    if sets is None:
        raise NotAvailableError("too many sets, and no way to draw them uniformly")
    if not sets:
        raise NotAvailableError("no affordable set covers every task")
    losses = networks.members, networks.validation, networks.test
    parts = [totals(part, *losses) for part in sets]
    found = Totals(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    row = _Row(chooser, Method.RANDOM, limit, None)
    return [
        row.under(
            assign,
            found.validation.mean(),
            found.test(assign).mean(),
            _about(found.test(assign), drawn),
        )
        for assign in Assign
    ]


def _about(values: Array, drawn: str) -> str:
    n = len(values)
    if not drawn:
        return f"mean over all {n} sets"
    return f"mean over {n} {drawn}, standard error {values.std() / np.sqrt(n):.2g}"


class _Row(NamedTuple):
    chooser: Chooser
    method: str
    limit: float
    networks: tuple[str, ...] | None

    def under(
        self, assign: Assign, validation: float | None, test: float | None, reason: str
    ) -> Selection:
        known = [None if x is None or np.isnan(x) else float(x) for x in (validation, test)]
        if not reason.startswith("not available") and known[1] is None:
            reason = "; ".join(
                filter(None, [reason, "test total not available: a loss is missing"])
            )
        return Selection(
            method=str(self.method),
            limit_kind=self.chooser.kind.value,
            limit=self.limit,
            networks=self.networks,
            assign=assign.value,
            val_total=known[0],
            test_total=known[1],
            regret=None,
            reason=reason or None,
        )


def _with_regret(row: Selection, optimal: Sequence[Selection]) -> Selection:
    best = next(one.test_total for one in optimal if one.assign == row.assign)
    if best is None or row.test_total is None:
        return row
    return replace(row, regret=row.test_total - best)
