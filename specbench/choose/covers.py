"""All full sets of networks: those that cover every task and leave no room for another.

A set is full when it fits the budget and no network outside it is affordable with what is left.
The random choice draws uniformly among them, the worst one is sought among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from specbench.choose.candidates import Array

Members = NDArray[np.bool_]
Sets = NDArray[np.int32]

MOST_SETS = 1_500_000
"""Sets enumerated at most; a study of five tasks with 36 networks has 0.8 million at budget 5."""

MOST_MIXES = 100_000
DRAWS = 20_000
LEAST_DRAWS = 1000


def slack(budget: float) -> float:
    """Return the budget with room for rounding in sums of costs."""
    return budget + 1e-9 * max(1.0, abs(budget))


def full_covers(costs: Array, members: Members, budget: float) -> list[Sets] | None:
    """Return all full covers as arrays (sets, size) of network numbers, one array per size.

    ``costs`` is (N,), ``members`` (N, tasks). None where there are more than ``MOST_SETS``
    affordable sets, covers or not.
    """
    found: list[Sets] = []
    sets, spent, seen = np.zeros((1, 0), dtype=np.int32), np.zeros(1), 1
    while len(sets):
        full = sets[is_full(sets, spent, costs, budget)]
        found.append(full[covers(full, members)])
        larger = grown(sets, spent, costs, budget, MOST_SETS - seen)
        if larger is None:
            return None
        sets, spent = larger
        seen += len(sets)
    return [part for part in found if len(part)]


def drawn_covers(
    costs: Array, members: Members, budget: float, rng: np.random.Generator, draws: int = DRAWS
) -> list[Sets] | None:
    """Return about ``draws`` full covers drawn uniformly, with replacement, in some arrays.

    Networks of one cost are interchangeable as to being full, so a mix of costs is drawn by the
    number of its sets, then a set of the mix; sets that do not cover are drawn anew. None where
    costs are too many for that, or covers too rare.
    """
    levels, level = np.unique(costs, return_inverse=True)
    sizes = np.bincount(level)
    mixes = _full_mixes(levels, sizes, budget)
    if not mixes:
        return None
    # whole numbers of Python: 127 networks hold more sets than 64 bits count
    counts = [prod(comb(int(s), c) for s, c in zip(sizes, mix, strict=True)) for mix in mixes]
    whole = sum(counts)
    weights = np.array([count / whole for count in counts])
    return _accepted(mixes, weights, level, members, rng, draws)


def lowest_losses(sets: Sets, losses: Array) -> Array:
    """Return the lowest known loss of each task in each set: (sets, tasks)."""
    lowest: Array = np.full((len(sets), losses.shape[1]), np.inf)
    known = np.where(np.isnan(losses), np.inf, losses)
    for place in range(sets.shape[1]):
        np.minimum(lowest, known[sets[:, place]], out=lowest)
    return lowest


def grown(
    sets: Sets, spent: Array, costs: Array, budget: float, room: int
) -> tuple[Sets, Array] | None:
    """Return every set with one later network added that is still affordable."""
    last = sets[:, -1] if sets.shape[1] else np.full(len(sets), -1)
    parts, totals = [], []
    for network, cost in enumerate(costs):
        fits = np.flatnonzero((last < network) & (spent + cost <= slack(budget)))
        room -= len(fits)
        if room < 0:
            return None
        column = np.full((len(fits), 1), network, dtype=np.int32)
        parts.append(np.concatenate([sets[fits], column], axis=1))
        totals.append(spent[fits] + cost)
    return np.concatenate(parts), np.concatenate(totals)


def is_full(sets: Sets, spent: Array, costs: Array, budget: float) -> Members:
    """Return which sets leave less than their cheapest absentee costs."""
    order = np.argsort(costs, kind="stable")
    absent = np.full(len(sets), np.inf)
    open_sets = np.arange(len(sets))
    for network in order:
        inside = (sets[open_sets] == network).any(-1)
        absent[open_sets[~inside]] = costs[network]
        open_sets = open_sets[inside]
        if not len(open_sets):
            break
    full: Members = spent + absent > slack(budget)
    return full


def covers(sets: Sets, members: Members) -> Members:
    """Return which sets cover every task: (sets,)."""
    return np.asarray(members[sets.astype(np.intp)].any(axis=1).all(axis=-1))


def _full_mixes(levels: Array, sizes: NDArray[np.intp], budget: float) -> list[tuple[int, ...]]:
    """Return how many networks of each cost a full set can hold; [] where there are too many."""
    mixes: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for cost, size in zip(levels, sizes, strict=True):
        mixes = [
            ((*mix, n), spent + n * cost)
            for mix, spent in mixes
            for n in range(int(size) + 1)
            if spent + n * cost <= slack(budget)
        ]
        if len(mixes) > MOST_MIXES:
            return []
    return [mix for mix, spent in mixes if _mix_is_full(mix, spent, levels, sizes, budget)]


def _mix_is_full(
    mix: Sequence[int], spent: float, levels: Array, sizes: NDArray[np.intp], budget: float
) -> bool:
    return all(
        n == size or spent + cost > slack(budget)
        for n, size, cost in zip(mix, sizes, levels, strict=True)
    )


def _accepted(
    mixes: list[tuple[int, ...]],
    weights: Array,
    level: NDArray[np.intp],
    members: Members,
    rng: np.random.Generator,
    draws: int,
) -> list[Sets] | None:
    found: list[Sets] = []
    for _ in range(20):
        for place, times in enumerate(rng.multinomial(draws, weights)):
            if times:
                sets = _sets_of_mix(mixes[place], level, int(times), rng)
                found.append(sets[covers(sets, members)])
        if sum(map(len, found)) >= draws:
            break
    return found if sum(map(len, found)) >= LEAST_DRAWS else None


def _sets_of_mix(
    mix: Sequence[int], level: NDArray[np.intp], times: int, rng: np.random.Generator
) -> Sets:
    """Return random sets with ``mix[l]`` networks of cost level l."""
    parts = [np.zeros((times, 0), dtype=np.int32)]
    for number, n in enumerate(mix):
        networks = np.flatnonzero(level == number)
        if n:
            keys = rng.random((times, len(networks)))
            parts.append(networks[np.argpartition(keys, n - 1, axis=1)[:, :n]].astype(np.int32))
    return np.concatenate(parts, axis=1)
