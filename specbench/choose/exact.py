"""The best set of networks under a budget, exactly.

Minimise Σ over tasks of the lowest loss among the chosen networks, subject to their total cost and
their number (Standley et al., arXiv 1905.07553). In a best set every task takes one network, so a
set is a partition of the tasks into blocks with one network each. Dynamic programming over subsets
of tasks keeps, for every subset and number of networks, the pairs of cost and loss that no other
beats in both; one table then answers every budget. An integer program would do the same, with
tolerances of 1e-6 in the way of ties.

It takes 3ⁿ steps, so not beyond 12 tasks. 8 tasks and 300 candidates took 0.1 s on one thread of
an Intel Xeon virtual machine (benchmarks/analysis.py), further budgets 2 ms each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from specbench.choose.candidates import Array

TIE = 1e-9
"""Totals this close are equal: fewer networks win, then smaller cost, then the alphabet."""

MOST_TASKS = 12


class Search:
    """Chooses among networks of given losses (N, T) and costs (N,); NaN loss: not an option.

    ``names`` decides ties in alphabetical order. Raises ValueError beyond 12 tasks, for a
    negative cost, and for an infinite loss.
    """

    def __init__(self, losses: Array, costs: Array, names: Sequence[str]) -> None:
        if losses.shape[1] > MOST_TASKS:
            raise ValueError(f"exact search takes at most {MOST_TASKS} tasks")
        if (costs < 0).any() or np.isinf(losses).any():
            raise ValueError("costs must not be negative and losses must be finite")
        self.losses = np.where(np.isnan(losses), np.inf, losses)
        self.costs = costs
        self.names = tuple(names)
        self.n_tasks = losses.shape[1]
        self.everything = 2**self.n_tasks - 1

    def best(self, budget: float = np.inf, most: int | None = None) -> tuple[int, ...] | None:
        """Return the best set of at most ``most`` networks that cost at most ``budget``.

        None where no affordable set covers every task.
        """
        limit = self.n_tasks if most is None else min(most, self.n_tasks)
        reach = budget + TIE * max(1.0, abs(budget)) if np.isfinite(budget) else np.inf
        budgets = np.array([reach])
        bounds = [
            float(self._lowest_within(self.everything, n, budgets)[0]) for n in range(limit + 1)
        ]
        lowest = min(bounds)
        if np.isinf(lowest):
            return None
        n = next(n for n, bound in enumerate(bounds) if bound < lowest + TIE)
        cost, loss = self._fronts[self.everything][n]
        cheapest = cost[loss < lowest + TIE].min()
        slack = TIE * max(1.0, abs(cheapest))
        sets = {
            tuple(sorted(chosen, key=lambda i: (self.names[i], i)))
            for chosen in self._ties(self.everything, n, cheapest + slack, lowest + TIE)
        }
        return min(sets, key=lambda chosen: [self.names[i] for i in chosen])

    def total(self, chosen: Sequence[int]) -> float:
        """Return Σ over tasks of the lowest loss among the chosen networks."""
        return float(self.losses[list(chosen)].min(0).sum())

    @cached_property
    def _block_losses(self) -> Array:
        """(subsets, N): the loss of giving the whole subset to one network."""
        bits = (np.arange(self.everything + 1)[:, None] >> np.arange(self.n_tasks)) & 1
        picked = np.where(bits[:, None, :] == 1, self.losses, 0.0)
        total: Array = picked.sum(-1)
        return total

    @cached_property
    def _fronts(self) -> list[list[tuple[Array, Array]]]:
        """For every subset and number of networks, the undominated (costs, losses)."""
        nothing = (np.empty(0), np.empty(0))
        start = (np.zeros(1), np.zeros(1))
        single = [_undominated(self.costs, losses) for losses in self._block_losses]
        fronts: list[list[tuple[Array, Array]]] = [[start] + [nothing] * self.n_tasks]
        for subset in range(1, self.everything + 1):
            parts: list[list[tuple[Array, Array]]] = [[] for _ in range(self.n_tasks + 1)]
            for block in _blocks(subset):
                for n, rest in enumerate(fronts[subset ^ block][:-1]):
                    if len(rest[0]):
                        parts[n + 1].append(_sums(single[block], rest))
            fronts.append([_merged(part) if part else nothing for part in parts])
        return fronts

    def _ties(self, subset: int, n: int, budget: float, loss: float) -> Iterator[tuple[int, ...]]:
        """Yield every set of ``n`` networks within both limits; the bounds are exact."""
        if n == 0:
            if subset == 0:
                yield ()
            return
        for block in _blocks(subset):
            rest, losses = subset ^ block, self._block_losses[block]
            lowest = losses + self._lowest_within(rest, n - 1, budget - self.costs)
            for i in map(int, np.flatnonzero(lowest < loss)):
                ends = self._ties(rest, n - 1, budget - self.costs[i], loss - losses[i])
                yield from ((i, *chosen) for chosen in ends)

    def _lowest_within(self, subset: int, n: int, budgets: Array) -> Array:
        """Return the lowest loss of a subset by ``n`` networks for many budgets, inf if none."""
        cost, loss = self._fronts[subset][n]
        affordable = np.searchsorted(cost, budgets, side="right")
        found: Array = np.concatenate([[np.inf], loss])[affordable]
        return found


def _blocks(subset: int) -> Iterator[int]:
    """Yield the parts of a subset that contain its first task."""
    first = subset & -subset
    others = subset ^ first
    part = others
    while True:
        yield part | first
        if part == 0:
            return
        part = (part - 1) & others


def _sums(one: tuple[Array, Array], other: tuple[Array, Array]) -> tuple[Array, Array]:
    return np.add.outer(one[0], other[0]).ravel(), np.add.outer(one[1], other[1]).ravel()


def _merged(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    return _undominated(
        np.concatenate([cost for cost, _ in parts]), np.concatenate([loss for _, loss in parts])
    )


def _undominated(cost: Array, loss: Array) -> tuple[Array, Array]:
    """Return the pairs that none beats in both, by rising cost and falling loss."""
    order: NDArray[np.intp] = np.lexsort((loss, cost))
    cost, loss = cost[order], loss[order]
    before = np.concatenate([[np.inf], np.minimum.accumulate(loss)[:-1]])
    keep = loss < before
    return cost[keep], loss[keep]
