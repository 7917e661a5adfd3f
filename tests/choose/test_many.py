"""Choices among networks of many tasks: near the best, with a bound that holds, and said so."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.choose.approximate import approximate, lower_bound
from specbench.choose.balanced import balanced_groups
from specbench.choose.candidates import Candidates, candidates
from specbench.choose.covers import full_covers, lowest_losses
from specbench.choose.exact import Search
from specbench.choose.methods import Method
from specbench.choose.program import MOST_ENTRIES, program
from specbench.choose.selections import Assign, selections
from specbench.choose.walk import walked_covers
from specbench.choose.worst import bad_set, worst_set
from specbench.names import join

TASKS = [f"t{number:03d}" for number in range(139)]


def networks(tasks: int, drawn: int, seed: int = 0, size: int = 4) -> Candidates:
    """Singles at two capacities, pairs, some groups and the net of all tasks, with losses."""
    rng, numbers = np.random.default_rng(seed), range(tasks)
    groups = [(task,) for task in numbers] * 2 + list(itertools.combinations(numbers, 2))
    groups += list(itertools.islice(balanced_groups(tasks, size, seed), drawn))
    groups.append(tuple(numbers))
    losses = np.full((len(groups), tasks), np.nan)
    for row, group in zip(losses, groups, strict=True):
        row[list(group)] = rng.uniform(0.5, 1.0, len(group)) * (1 + 0.03 * len(group))
    names = [join(TASKS[member] for member in group) for group in groups]
    sizes = np.where(np.arange(len(groups)) < tasks, 0.5, 1.0)
    return candidates(TASKS[:tasks], names, sizes, validation=losses, test=losses + 0.01)


def search_of(found: Candidates) -> Search:
    return Search(found.validation, found.costs, found.labels)


@given(st.integers(0, 5000), st.sampled_from([1.5, 2.0, 2.5, 3.0, 4.0]))
def test_the_heuristic_is_feasible_and_its_bound_holds(seed: int, budget: float) -> None:
    found = networks(5, 4, seed, size=3)
    losses, costs = found.validation, found.costs
    best = search_of(found)
    lowest = best.total(best.best(budget))
    near = approximate(losses, costs, budget)
    assert near is not None
    assert costs[list(near.chosen)].sum() <= budget + 1e-9
    assert near.bound - 1e-9 <= lowest <= near.total + 1e-9
    assert near.total <= lowest * 1.25


@pytest.mark.parametrize("seed", range(6))
def test_the_integer_program_finds_the_best_total(seed: int) -> None:
    found = networks(7, 10, seed)
    exact = search_of(found)
    for budget in (2.0, 3.5):
        solved = program(found.validation, found.costs, budget)
        assert solved is not None
        assert solved.gap == 0
        assert solved.total == pytest.approx(exact.total(exact.best(budget)), rel=1e-6)
        assert found.costs[list(solved.chosen)].sum() <= budget + 1e-9
    split = program(found.validation, np.ones_like(found.costs), 3)
    assert split is not None
    assert split.total == pytest.approx(exact.total(exact.best(most=3)), rel=1e-6)


def test_nothing_affordable_is_none_and_said_so() -> None:
    found = networks(6, 0)
    singles = found.validation[:12]
    assert program(singles, found.costs[:12], 1.0) is None
    assert approximate(singles, found.costs[:12], 1.0) is None
    singles[[0, 6], 0] = np.nan
    assert program(singles, found.costs[:12], 9.0) is None
    assert approximate(singles, found.costs[:12], 9.0) is None


def test_a_bound_is_no_higher_than_any_set() -> None:
    found = networks(6, 8)
    known = np.where(np.isnan(found.validation), np.inf, found.validation)
    lowest = search_of(found)
    for budget in (1.0, 2.0, 3.0):
        reached = lowest.total(lowest.best(budget))
        assert lower_bound(known, found.costs, budget, reached) <= reached + 1e-9


@pytest.mark.parametrize(("budget", "unit"), [(2.0, True), (3.0, True), (2.5, False)])
def test_walks_end_in_full_covers_as_often_as_in_any_other(budget: float, unit: bool) -> None:
    found = networks(5, 3)
    costs = np.ones_like(found.costs) if unit else found.costs
    every = full_covers(costs, found.members, budget)
    assert every is not None
    expected = np.concatenate([lowest_losses(part, found.validation).sum(1) for part in every])
    known = {tuple(map(int, row)) for part in every for row in part}
    drawn = []
    for seed in range(4):
        sets = walked_covers(costs, found.members, budget, np.random.default_rng(seed))
        assert sets is not None
        assert {tuple(map(int, row)) for part in sets for row in part} <= known
        drawn += [lowest_losses(part, found.validation).sum(1) for part in sets]
    values = np.concatenate(drawn)
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - expected.mean()) < 4 * error
    assert values.std() == pytest.approx(expected.std(), rel=0.1)


def test_walks_that_cannot_leave_their_start_give_no_sample() -> None:
    # two ways to cover, and no exchange of one network leads from one to the other
    members = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], dtype=bool)
    assert walked_covers(np.ones(4), members, 2.0, np.random.default_rng(0)) is None
    assert walked_covers(np.ones(4), members, 1.0, np.random.default_rng(0)) is None


def test_a_bad_set_is_full_and_no_worse_than_the_worst() -> None:
    found = networks(5, 3)
    budget = 3.0
    bad = bad_set(found.validation, found.costs, budget, np.random.default_rng(0))
    worst = worst_set(found.validation, found.costs, found.labels, budget)
    assert bad is not None
    assert worst is not None
    totals = [np.nanmin(found.validation[list(one)], 0).sum() for one in (bad.chosen, worst)]
    assert totals[0] <= totals[1] + 1e-9
    assert totals[0] > totals[1] - 0.1
    assert "heuristic" in bad.note
    full = full_covers(found.costs, found.members, budget)
    assert full is not None
    assert tuple(sorted(bad.chosen)) in {tuple(map(int, row)) for part in full for row in part}


def by_method(rows: list[Any]) -> dict[str, Any]:
    return {row.method: row for row in rows if row.assign == Assign.VALIDATION}


def test_every_method_chooses_among_many_tasks_and_says_how_far_it_is_proven() -> None:
    found = networks(26, 30, size=5)
    rng = np.random.default_rng(0)
    scores = {"tag": rng.normal(size=(26, 26))}
    rows = by_method(selections(found, splits=[5], scores=scores))
    for method in (Method.OPTIMAL, Method.HOA, "tag"):
        assert "proven within" in rows[method].reason or "heuristic" in rows[method].reason
        assert len(rows[method].networks) <= 5
    assert "standard error" in rows[Method.RANDOM].reason
    assert "heuristic" in rows[Method.WORST].reason
    assert rows[Method.ALL_IN_ONE].reason is None
    totals = [rows[name].val_total for name in (Method.OPTIMAL, Method.RANDOM, Method.WORST)]
    assert totals == sorted(totals)
    assert not any("+" not in name for name in rows["tag"].networks), "a task alone is chosen last"


def test_equal_candidates_give_equal_choices_among_many() -> None:
    found = networks(14, 10)
    one, two = (selections(found, budgets=[6.0], methods=["optimal", "random"]) for _ in range(2))
    assert one == two


def test_what_is_beyond_the_integer_program_has_a_bound(monkeypatch: Any) -> None:
    monkeypatch.setattr("specbench.choose.methods.program", None)
    found = networks(72, 0)
    assert np.isfinite(found.validation).sum() > MOST_ENTRIES
    (row, _) = selections(found, splits=[9], methods=["optimal"])
    assert row.val_total is not None
    assert "proven within" in row.reason or "best possible" in row.reason
