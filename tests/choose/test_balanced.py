"""Groups drawn at random: even, reproducible, each once, and never more than are asked for."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.choose.balanced import balanced_groups


def drawn(tasks: int, size: int, seed: int, groups: int) -> list[tuple[int, ...]]:
    return list(itertools.islice(balanced_groups(tasks, size, seed), groups))


def meetings(groups: list[tuple[int, ...]], tasks: int) -> np.ndarray:
    met = np.zeros((tasks, tasks), dtype=int)
    for group in groups:
        met[np.ix_(group, group)] += 1
    return met


@given(st.integers(1, 9), st.data(), st.integers(0, 3))
def test_every_group_there_is_comes_once(tasks: int, data: st.DataObject, seed: int) -> None:
    size = data.draw(st.integers(1, tasks))
    found = list(balanced_groups(tasks, size, seed))
    assert sorted(found) == list(itertools.combinations(range(tasks), size))


@given(st.integers(2, 30), st.data())
def test_more_groups_begin_with_the_same_groups(tasks: int, data: st.DataObject) -> None:
    size, seed = data.draw(st.integers(2, tasks)), data.draw(st.integers(0, 2**31 - 1))
    more = drawn(tasks, size, seed, 12)
    assert drawn(tasks, size, seed, 5) == more[:5]


@pytest.mark.parametrize(
    ("tasks", "size", "groups"), [(40, 5, 200), (28, 4, 100), (139, 6, 150), (13, 7, 60)]
)
def test_tasks_occur_equally_often_at_any_number_of_groups(
    tasks: int, size: int, groups: int
) -> None:
    for seed in (0, 1):
        found, counts = drawn(tasks, size, seed, groups), np.zeros(tasks, dtype=int)
        for group in found:
            counts[list(group)] += 1
            assert counts.max() - counts.min() <= 1
        assert len(set(found)) == groups


@pytest.mark.parametrize(("tasks", "size", "groups"), [(40, 5, 200), (28, 4, 189), (12, 4, 60)])
def test_pairs_occur_far_more_evenly_than_by_chance(tasks: int, size: int, groups: int) -> None:
    upper = np.triu_indices(tasks, 1)
    rng = np.random.default_rng(0)
    by_chance = [tuple(rng.choice(tasks, size, replace=False)) for _ in range(groups)]
    even = meetings(drawn(tasks, size, 0, groups), tasks)[upper]
    assert even.var() < meetings(by_chance, tasks)[upper].var() / 3
    assert abs(even - even.mean()).max() < 2.6


def test_pairs_meet_equally_often_where_they_can() -> None:
    assert set(meetings(drawn(5, 3, 0, 10), 5)[np.triu_indices(5, 1)]) == {3}


def test_seeds_and_sizes_draw_differently() -> None:
    one, other = drawn(40, 5, 0, 20), drawn(40, 5, 1, 20)
    assert one != other
    assert [group[:4] for group in one] != drawn(40, 4, 0, 20)


def test_few_of_very_many_groups_are_drawn_without_listing_them() -> None:
    assert math.comb(139, 70) > 10**40
    assert len(drawn(139, 70, 0, 4)) == 4


@pytest.mark.parametrize(("tasks", "size"), [(3, 0), (3, 4), (0, 1)])
def test_impossible_sizes_are_refused(tasks: int, size: int) -> None:
    with pytest.raises(ValueError, match="a group of"):
        next(balanced_groups(tasks, size, 0))
