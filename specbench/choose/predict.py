"""What a group is expected to give each of its tasks, from pairs only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from specbench.choose.candidates import Array, Candidates


def mean_over_pairs(table: Array, members: NDArray[np.bool_]) -> Array:
    """Return, for every target and network, the mean of ``table[target, other members]``.

    This is TAG's value of a task in a group (Fifty et al., arXiv 2109.04617) where the table
    holds scores, and the higher order approximation of Standley et al. (arXiv 1905.07553) where
    it holds losses or gains of pairs. ``table`` is (..., tasks, tasks), ``members`` (networks,
    tasks); the result (..., tasks, networks) is NaN where the target is no member, is alone, or
    an entry is missing.
    """
    # A product of matrices: of 139 tasks and 9,871 networks no array holds every triple.
    other = ~np.eye(members.shape[1], dtype=bool)
    missing = np.isnan(table) & other
    inside = np.where(missing | ~other, 0.0, table) @ members.T
    incomplete = missing.astype(np.float64) @ members.T > 0
    counts = np.where(members.T, members.sum(1) - 1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Array = np.where((counts > 0) & ~incomplete, inside / counts, np.nan)
    return means


def predicted_losses(networks: Candidates) -> Array:
    """Return the validation losses that the higher order approximation knows or predicts: (N, T).

    Networks of one and two tasks are trained, their losses known; a larger one is given the mean
    over the pair networks of its own capacity. NaN where such a pair is missing.
    """
    members = networks.members
    size = members.sum(-1)
    known = np.where((size <= 2)[:, None], networks.validation, np.nan)
    for capacity in np.unique(networks.capacities):
        same = networks.capacities == capacity
        table = _pair_losses(networks.validation[same & (size == 2)], members[same & (size == 2)])
        large = same & (size > 2)
        known[large] = mean_over_pairs(table, members[large]).T
    return known


def _pair_losses(losses: Array, members: NDArray[np.bool_]) -> Array:
    """Return the loss of every target beside every partner, from pair networks: (tasks, tasks)."""
    n_tasks = members.shape[1]
    table = np.full((n_tasks, n_tasks), np.nan)
    for row, inside in zip(losses, members, strict=True):
        first, second = np.flatnonzero(inside)
        table[first, second], table[second, first] = row[first], row[second]
    return table
