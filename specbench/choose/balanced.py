"""Groups of tasks drawn at random so that tasks, and pairs of tasks, occur equally often.

Group after group is built from the tasks that have occurred least. Among those that have occurred
equally often, the one is taken that has met the group's other members least; then members are
exchanged for others while that makes the occurrences of tasks, and after them those of pairs, more
even. Ties are broken by a stream named by seed, size and the group's number. A group depends on
those before it only: the first k of 200 groups are the k groups. No list of all groups is ever
made.

Occurrences of tasks differ by one at most; by two where the group that would keep them so has been
drawn already. Of 200 groups of 5 of 40 tasks every task is in 25; a pair would be in 2.56 if all
were equal, and is in one to five, whichever of twenty seeds is taken
(``benchmarks/many_tasks.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from specbench.seeding import numpy_stream

Counts = NDArray[np.int64]
Group = tuple[int, ...]

_TASKS_FIRST = 2**32
"""Weight of a task's occurrences against those of a pair."""


def balanced_groups(tasks: int, size: int, seed: int) -> Iterator[Group]:
    """Yield groups of ``size`` of the numbers 0 … ``tasks`` − 1, each once, in ascending order.

    Ends when all C(tasks, size) have been drawn. Raises ValueError unless 1 ≤ size ≤ tasks.
    """
    if not 1 <= size <= tasks:
        raise ValueError(f"a group of {size} of {tasks} tasks")
    met = np.zeros((tasks, tasks), dtype=np.int64)
    drawn: set[Group] = set()
    for number in range(math.comb(tasks, size)):
        order = numpy_stream(seed, "groups", size, number).permutation(tasks)
        costs = met[np.ix_(order, order)]
        np.fill_diagonal(costs, 0)
        occurred = _TASKS_FIRST * met.diagonal()[order]
        best = _exchanged(_gathered(size, occurred, costs), occurred, costs)
        group = _named(best, order)
        if group in drawn:
            group = _nearest_other(best, order, occurred, costs, drawn)
        drawn.add(group)
        met[np.ix_(group, group)] += 1
        yield group


def _gathered(size: int, occurred: Counts, met: Counts) -> list[int]:
    """Return a group of tasks taken one by one, the cheapest each time."""
    cost, group = occurred.copy(), []
    for _ in range(size):
        taken = int(cost.argmin())
        group.append(taken)
        cost += met[taken]
        cost[taken] = np.iinfo(np.int64).max // 2
    return group


def _exchanged(group: list[int], occurred: Counts, met: Counts) -> list[int]:
    """Exchange a member for another task as long as that makes the group cheaper."""
    while True:
        changes = _changes(group, occurred, met)
        out, into = np.unravel_index(int(changes.argmin()), changes.shape)
        if changes[out, into] >= 0:
            return group
        group[out] = int(into)


def _changes(group: list[int], occurred: Counts, met: Counts) -> Counts:
    """Return what each exchange of a member (row) for a task (column) adds to the cost."""
    cost = occurred + met[group].sum(0)
    changes: Counts = cost - met[group] - cost[group][:, None]
    changes[:, group] = np.iinfo(np.int64).max // 2
    return changes


def _named(group: list[int], order: NDArray[np.int64]) -> Group:
    return tuple(sorted(int(order[member]) for member in group))


def _nearest_other(
    group: list[int],
    order: NDArray[np.int64],
    occurred: Counts,
    met: Counts,
    drawn: set[Group],
) -> Group:
    """Return a group not yet drawn, by the fewest and then the cheapest exchanges."""
    ring, seen = [group], {tuple(sorted(group))}
    while True:
        further: list[list[int]] = []
        for one in ring:
            changes = _changes(one, occurred, met)
            for flat in np.argsort(changes, axis=None, kind="stable"):
                out, into = np.unravel_index(int(flat), changes.shape)
                if int(into) in one:
                    break
                other = [*one[:out], int(into), *one[out + 1 :]]
                if _named(other, order) not in drawn:
                    return _named(other, order)
                if tuple(sorted(other)) not in seen:
                    seen.add(tuple(sorted(other)))
                    further.append(other)
        ring = further
