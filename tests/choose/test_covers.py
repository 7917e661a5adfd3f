"""Full covers: all of them, drawn uniformly, and the worst among them."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from specbench.choose.covers import drawn_covers, full_covers, lowest_losses
from specbench.choose.worst import worst_set


def by_hand(costs, members, budget):
    found = []
    numbers = range(len(costs))
    for size in range(1, len(costs) + 1):
        for chosen in combinations(numbers, size):
            left = budget - sum(costs[i] for i in chosen)
            others = [costs[i] for i in numbers if i not in chosen]
            full = left >= -1e-9 and all(cost > left + 1e-9 for cost in others)
            if full and members[list(chosen)].any(0).all():
                found.append(chosen)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_all_full_covers_are_found(seed, random_losses):
    rng = np.random.default_rng(seed)
    members = ~np.isnan(random_losses(rng, 9, 3))
    costs = rng.choice([0.5, 1.0], 9) if seed % 2 else rng.uniform(0.3, 1.2, 9)
    for budget in (0.5, 1.0, 2.5, 20.0):
        found = [tuple(row) for sets in full_covers(costs, members, budget) for row in sets]
        assert sorted(found) == sorted(by_hand(costs, members, budget))


def test_draws_are_uniform(random_losses):
    rng = np.random.default_rng(0)
    members = ~np.isnan(random_losses(rng, 8, 3))
    costs = rng.choice([0.5, 1.0], 8)
    expected = sorted(by_hand(costs, members, 2.0))
    drawn = [
        tuple(sorted(map(int, row)))
        for sets in drawn_covers(costs, members, 2.0, rng)
        for row in sets
    ]
    counts = np.array([drawn.count(chosen) for chosen in expected])
    assert counts.sum() == len(drawn)
    share = 1 / len(expected)
    error = np.sqrt(share * (1 - share) / len(drawn))
    assert np.abs(counts / len(drawn) - share).max() < 5 * error


def test_sets_are_counted_beyond_64_bits(random_losses):
    members = np.ones((134, 1), dtype=bool)
    costs = np.repeat([0.5, 1.0], [7, 127])
    drawn = drawn_covers(costs, members, 12.0, np.random.default_rng(0))
    # Of the sets that cost 12, 11 or fewer networks of cost 1 leave room for 2 of a half each.
    whole = {n: comb(127, 12 - n // 2) * comb(7, n) for n in (0, 2, 4, 6)}
    halves = np.concatenate([(sets < 7).sum(-1) for sets in drawn])
    for n, count in whole.items():
        assert np.mean(halves == n) == pytest.approx(count / sum(whole.values()), abs=0.02)


def test_too_many_costs_to_draw_from_give_nothing(random_losses):
    rng = np.random.default_rng(1)
    members = ~np.isnan(random_losses(rng, 60, 3))
    assert drawn_covers(rng.uniform(0.1, 0.2, 60), members, 5.0, rng) is None


@pytest.mark.parametrize("levels", [0, 3])
@pytest.mark.parametrize("seed", range(10))
def test_the_worst_set_is_the_worst_full_cover(seed, levels, random_losses):
    rng = np.random.default_rng(seed)
    losses = random_losses(rng, 10, 3, levels)
    costs = rng.choice([0.5, 1.0], 10) if seed % 2 else rng.uniform(0.3, 1.2, 10)
    names = [f"n{i}" for i in range(10)]
    for budget in (0.5, 1.0, 2.0, 4.0):
        sets = by_hand(costs, ~np.isnan(losses), budget)
        found = worst_set(losses, costs, names, budget)
        if not sets:
            assert found is None
            continue
        totals = {chosen: lowest_losses(np.array([chosen]), losses).sum() for chosen in sets}
        highest = max(totals.values())
        key = lambda c: (len(c), round(costs[list(c)].sum(), 8), c)  # noqa: E731
        assert found == min((c for c, t in totals.items() if t > highest - 1e-9), key=key)
