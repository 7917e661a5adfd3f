"""Which tasks stand behind each cell of a table of gains, and what relabelling tasks does to it.

A table has one row per target and one column per partner (level ``pairs``) or per network (level
``groups``). Its cells share tasks, so they are permuted and resampled by task, never by cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specbench.stats.correlation import Array

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Layout:
    """The cells of a table of ``n_tasks`` targets × ``members.shape[0]`` columns."""

    members: NDArray[np.bool_]
    """(columns, tasks): the tasks of a column: the partner, or all tasks of the network."""

    mask: NDArray[np.bool_]
    """(tasks, columns): the cells that exist: partner ≠ target, or target within the network."""

    @property
    def n_tasks(self) -> int:
        """The number of tasks, which is the number of rows."""
        return len(self.mask)

    def columns_after(self, relabelling: Index) -> Index:
        """Return where each column goes under (P, tasks) relabellings: (P, columns), −1 = nowhere.

        A column of tasks {a, b} goes to the column of the tasks {π(a), π(b)}.
        """
        marks = np.random.default_rng(0).integers(1, 2**63, self.n_tasks, dtype=np.uint64)
        # a set of tasks is known by the wrapped sum of random 64-bit marks: exact but for 2**-64
        codes = self.members.astype(np.uint64) @ marks
        moved = marks[relabelling] @ self.members.T.astype(np.uint64)
        order = np.argsort(codes)
        place = np.searchsorted(codes[order], moved).clip(max=len(codes) - 1)
        found: Index = np.where(codes[order][place] == moved, order[place], -1)
        return found

    def cell_weights(self, counts: Array) -> Array:
        """Return how often each cell stands in resamples that drew task t ``counts[:, t]`` times.

        (B, tasks) in, (B, tasks, columns) out: the product of the counts of the tasks behind a
        cell; for pairs the count of the target times that of the partner.
        """
        column = np.where(self.members, counts[:, None, :], 1.0).prod(-1)
        inside = self.members.T & self.mask
        row = np.where(inside, 1.0, counts[:, :, None])
        weights: Array = row * column[:, None, :] * self.mask
        return weights


def pair_layout(n_tasks: int) -> Layout:
    """Return the layout of an n × n table of ordered pairs with an empty diagonal."""
    same = np.eye(n_tasks, dtype=bool)
    return Layout(members=same, mask=~same)


def group_layout(n_tasks: int, networks: Sequence[Sequence[int]]) -> Layout:
    """Return the layout of a table of targets × networks; networks are given as task numbers.

    Raises ValueError where a network occurs twice.
    """
    members = np.zeros((len(networks), n_tasks), dtype=bool)
    for row, tasks in zip(members, networks, strict=True):
        row[list(tasks)] = True
    if len(np.unique(members, axis=0)) != len(members):
        raise ValueError("a network occurs twice")
    return Layout(members=members, mask=members.T.copy())
