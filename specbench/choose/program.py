"""The best set of networks under a limit as an integer program, for many tasks.

The plant location problem: y_n says whether network n is chosen, x_nt whether it serves task t.
Minimise Σ L_nt x_nt subject to Σ_n x_nt = 1, x_nt ≤ y_n and the limit, y whole numbers. HiGHS
solves it, through SciPy. Its relaxation is nearly whole already: for 40 tasks and 1,061 networks of
random losses the proof took 1 to 23 nodes, 1 to 25 s of one core of an AMD EPYC. A limit of nodes,
not of time, ends the search, so that equal inputs give equal choices on any machine.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from specbench.choose.candidates import Array

MOST_ENTRIES = 5000
"""Losses (a network's on one of its tasks) beyond which the relaxation alone takes too long."""
_MOST_NODES = 200
_INFEASIBLE = 2
TOLERANCE = 1e-6
"""Relative; HiGHS takes totals this close for equal."""


class Found(NamedTuple):
    """A set of networks, and a total that no other set goes below."""

    chosen: tuple[int, ...]
    total: float
    """Σ over tasks of the lowest loss in the set."""
    bound: float

    @property
    def gap(self) -> float:
        """How far above the lowest possible the total may be; 0 where it is proven lowest."""
        beyond = self.total - self.bound
        return beyond if beyond > TOLERANCE * max(1.0, abs(self.total)) else 0.0


def program(losses: Array, costs: Array, limit: float) -> Found | None:
    """Return a set of networks that cost at most ``limit`` together; None where none covers.

    ``losses`` is (N, T), NaN where a network is no option for a task; ``costs`` is (N,). Ties are
    taken as they come. Raises TooHardError where no set is found within the limit of nodes.
    """
    # Planning a study reads this file for the names of methods; SciPy would take half its time.
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    network, task = np.nonzero(~np.isnan(losses))
    if len(np.unique(task)) < losses.shape[1]:
        return None
    n, served = len(costs), len(network)
    # HiGHS' tolerances are absolute: in these units a task's losses range over 1 at most.
    lowest = np.nanmin(losses, axis=0)
    scale = float(np.nanmax(losses - lowest)) or 1.0
    weight = (losses[network, task] - lowest[task]) / scale
    rows = np.arange(served)
    opened = csr_array(
        (np.r_[np.ones(served), -np.ones(served)], (np.r_[rows, rows], np.r_[n + rows, network])),
        shape=(served, n + served),
    )
    covered = csr_array((np.ones(served), (task, n + rows)), shape=(losses.shape[1], n + served))
    spent = csr_array((costs, (np.zeros(n, dtype=int), np.arange(n))), shape=(1, n + served))
    solved = milp(
        np.r_[np.zeros(n), weight],
        integrality=np.r_[np.ones(n), np.zeros(served)],
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(opened, -np.inf, 0),
            LinearConstraint(covered, 1, 1),
            LinearConstraint(spent, -np.inf, limit),
        ],
        options={"node_limit": _MOST_NODES, "mip_rel_gap": 0.0},
    )
    if solved.status == _INFEASIBLE:
        return None
    if solved.x is None:
        raise TooHardError
    taken = np.flatnonzero(solved.x[:n] > 0.5)
    chosen = serving(losses, taken)
    bound = float(lowest.sum()) + scale * float(solved.mip_dual_bound)
    return Found(chosen, total_of(losses, chosen), bound if math.isfinite(bound) else -math.inf)


class TooHardError(Exception):
    """The integer program found no set within its limit of nodes."""


def serving(losses: Array, taken: np.ndarray) -> tuple[int, ...]:
    """Return the networks of ``taken`` that have the lowest loss of some task."""
    known = np.where(np.isnan(losses[taken]), np.inf, losses[taken])
    return tuple(int(taken[place]) for place in sorted(set(known.argmin(axis=0).tolist())))


def total_of(losses: Array, chosen: tuple[int, ...]) -> float:
    """Return Σ over tasks of the lowest loss in a set that covers them."""
    return float(np.nanmin(losses[list(chosen)], axis=0).sum())
