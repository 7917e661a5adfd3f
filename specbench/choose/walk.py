"""Full sets drawn by random walks, where too few of all sets cover every task to be drawn at once.

A walk goes from one affordable set that covers every task to another: a network is exchanged,
added or dropped, at random, and the move is taken with the probability that makes all such sets
equally likely in the long run (Metropolis and Hastings). The sets at the ends of many walks that
are full (see ``specbench.choose.covers``) are then a uniform sample. Walks begin at a few covers
that have nothing to do with each other; where their ends still tell where they began, there is no
sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specbench.choose.candidates import Array
from specbench.choose.covers import Members, Sets, is_full, slack

STARTS = 16
WALKS_EACH = 64
_STEPS_A_NETWORK = 60
"""Steps of a walk for every network that a set can hold and for every task."""
_MOST_STEPS = 20_000
_FORGOTTEN = 1e-4
"""Walks from different starts that differ with less probability than this have not forgotten."""
_MOVES = ("exchange", "add", "drop")
_SHARES = (0.6, 0.2, 0.2)


def walked_covers(
    costs: Array, members: Members, budget: float, rng: np.random.Generator
) -> list[Sets] | None:
    """Return the full covers at the ends of walks, as arrays (sets, size), one array per size.

    None where no cover is found to begin with, or where the walks do not mix.
    """
    starts = [start for start in (_cover(costs, members, budget, rng) for _ in range(STARTS))
              if start is not None]  # fmt: skip
    if not starts:
        return None
    walks = _Walks(starts, costs, members, budget, rng)
    longest = min(len(costs), int(slack(budget) / costs.min()))
    for _ in range(min(_MOST_STEPS, _STEPS_A_NETWORK * (longest + members.shape[1]))):
        walks.step()
    if not walks.forgotten():
        return None
    return walks.full()


def _cover(
    costs: Array, members: Members, budget: float, rng: np.random.Generator
) -> list[int] | None:
    """Return an affordable cover: networks that add most tasks for their cost, by a random bias."""
    worth = rng.random(len(costs)) + 0.5
    left, missing = slack(budget), np.ones(members.shape[1], dtype=bool)
    chosen: list[int] = []
    while missing.any():
        gain = (members & missing).sum(1) * worth / costs
        gain[costs > left] = 0
        best = int(gain.argmax())
        if gain[best] == 0:
            return None
        chosen.append(best)
        left, missing = left - costs[best], missing & ~members[best]
    return chosen


@dataclass
class _Walks:
    """Many walks side by side: a row each."""

    starts: list[list[int]]
    costs: Array
    members: Members
    budget: float
    rng: np.random.Generator

    def __post_init__(self) -> None:
        n = len(self.costs)
        self.begun = np.repeat(np.arange(len(self.starts)), WALKS_EACH)
        orders = [[*start, *sorted(set(range(n)) - set(start))] for start in self.starts]
        self.order: NDArray[np.intp] = np.array(orders, dtype=np.intp)[self.begun]
        """Networks of each walk: those of its set first."""
        self.size = np.array([len(start) for start in self.starts])[self.begun]
        self.count = np.stack([self.members[start].sum(0) for start in self.starts])[self.begun]
        self.spent = np.array([self.costs[start].sum() for start in self.starts])[self.begun]
        self._rows = np.arange(len(self.begun))

    def step(self) -> None:
        """Propose a move to every walk; take those that are allowed."""
        move = self.rng.choice(3, p=_SHARES)
        rows, n = self._rows, self.order.shape[1]
        inside = (self.rng.random(len(rows)) * self.size).astype(np.intp)
        outside = self.size + (self.rng.random(len(rows)) * (n - self.size)).astype(np.intp)
        outside = np.minimum(outside, n - 1)
        leaving, coming = self.order[rows, inside], self.order[rows, outside]
        count, spent = self.count.copy(), self.spent.copy()
        if _MOVES[move] != "add":
            count -= self.members[leaving]
            spent -= self.costs[leaving]
        if _MOVES[move] != "drop":
            count += self.members[coming]
            spent += self.costs[coming]
        taken = (count > 0).all(1) & (spent <= slack(self.budget))
        if _MOVES[move] != "drop":
            taken &= self.size < n
        chance = self.rng.random(len(rows))
        if _MOVES[move] == "add":
            taken &= chance * (self.size + 1) < n - self.size
            self._swap(taken, outside, self.size)
            self.size = self.size + taken
        elif _MOVES[move] == "drop":
            taken &= chance * (n - self.size + 1) < self.size
            self._swap(taken, inside, self.size - 1)
            self.size = self.size - taken
        else:
            self._swap(taken, inside, outside)
        self.count = np.where(taken[:, None], count, self.count)
        self.spent = np.where(taken, spent, self.spent)

    def _swap(self, taken: Members, one: NDArray[np.intp], other: NDArray[np.intp]) -> None:
        rows = self._rows[taken]
        first, second = one[taken], other[taken]
        self.order[rows, first], self.order[rows, second] = (
            self.order[rows, second],
            self.order[rows, first],
        )

    def forgotten(self) -> bool:
        """Tell whether the walks' sets no longer depend on where they began.

        Judged by the lowest of some random numbers per network and task, as losses would be.
        """
        from scipy.stats import f_oneway  # not where only names of methods are read

        if len(self.starts) < 2:
            return False
        for _ in range(3):
            losses = self.rng.random(self.members.shape)
            losses[~self.members] = np.inf
            totals = np.array(
                [losses[row[:size]].min(0).sum()
                 for row, size in zip(self.order, self.size, strict=True)]
            )  # fmt: skip
            groups = [totals[self.begun == start] for start in range(len(self.starts))]
            if np.ptp(totals) == 0:
                continue
            # Walks that have not left their start are no sample to test; SciPy would warn of them.
            moved = any(np.ptp(group) > 0 for group in groups)
            if not moved or not f_oneway(*groups).pvalue > _FORGOTTEN:
                return False
        return True

    def full(self) -> list[Sets]:
        """Return the walks' sets that leave no room for another network."""
        found = []
        for size in np.unique(self.size):
            here = self.size == size
            sets = np.sort(self.order[here, :size], axis=1).astype(np.int32)
            found.append(sets[is_full(sets, self.spent[here], self.costs, self.budget)])
        return [part for part in found if len(part)]
