"""The exact search equals brute force, ties included."""

from itertools import combinations

import numpy as np
import pytest

from specbench.choose.exact import TIE, Search


def brute_force(losses, costs, names, budget, most):
    """Return the best set by looking at all of them."""
    filled = np.where(np.isnan(losses), np.inf, losses)
    found = []
    for size in range(1, most + 1):
        for chosen in combinations(range(len(costs)), size):
            total = filled[list(chosen)].min(0).sum()
            if costs[list(chosen)].sum() <= budget + TIE and np.isfinite(total):
                found.append((total, chosen))
    if not found:
        return None
    lowest = min(total for total, _ in found)
    tied = [chosen for total, chosen in found if total < lowest + TIE]
    key = lambda chosen: (  # noqa: E731
        len(chosen),
        round(costs[list(chosen)].sum(), 8),
        sorted(names[i] for i in chosen),
    )
    return tuple(sorted(min(tied, key=key)))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("levels", [0, 4])
@pytest.mark.parametrize("seed", range(12))
def test_equals_brute_force(seed, levels, sign, random_losses):
    rng = np.random.default_rng(seed)
    losses = sign * random_losses(rng, 10, 4, levels)
    costs = rng.choice([0.5, 1.0, 1.5], 10) if seed % 2 else rng.uniform(0.3, 1.5, 10)
    names = [f"n{i}" for i in rng.permutation(10)]
    search = Search(losses, costs, names)
    for budget in (0.4, 1.0, 1.5, 2.0, 3.0, 6.0):
        for most in (1, 2, 4):
            found = search.best(budget, most)
            expected = brute_force(losses, costs, names, budget, most)
            assert (None if found is None else tuple(sorted(found))) == expected


def test_ties_take_fewer_networks_then_smaller_cost_then_the_alphabet():
    losses = np.array([[1.0, np.nan], [np.nan, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    costs = np.array([0.5, 0.5, 1.0, 0.9, 0.9])
    assert Search(losses, costs, ["a", "b", "c", "e", "d"]).best(2.0) == (4,)
    nearly = losses + np.array([0, 0, 0, 1e-11, 0])[:, None]
    assert Search(nearly, costs, ["a", "b", "c", "d", "e"]).best(2.0) == (3,)


def test_more_money_never_hurts(random_losses):
    search_losses = random_losses(np.random.default_rng(1), 40, 6)
    search = Search(
        search_losses, np.random.default_rng(2).uniform(0.2, 1, 40), list(map(str, range(40)))
    )
    totals = [search.total(search.best(budget)) for budget in np.arange(1, 6, 0.5)]
    assert totals == sorted(totals, reverse=True)


def test_nothing_affordable_is_none():
    assert Search(np.ones((1, 2)), np.ones(1), ["a"]).best(0.5) is None
    assert Search(np.array([[1.0, np.nan]]), np.ones(1), ["a"]).best(5) is None


def test_what_cannot_be_searched_is_refused():
    with pytest.raises(ValueError, match="12 tasks"):
        Search(np.ones((1, 13)), np.ones(1), ["a"])
    with pytest.raises(ValueError, match="finite"):
        Search(np.array([[np.inf]]), np.ones(1), ["a"])


def test_eight_tasks_and_300_candidates(random_losses):
    rng = np.random.default_rng(3)
    losses = random_losses(rng, 300, 8)
    search = Search(losses, rng.uniform(0.2, 2, 300), [f"{i:03}" for i in range(300)])
    totals = [search.total(search.best(budget)) for budget in np.arange(2, 7, 0.5)]
    assert totals == sorted(totals, reverse=True)
    assert search.best(10.0, most=1) == (int(np.argmin(search.losses.sum(axis=1))),)
