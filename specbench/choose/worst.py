"""The worst full set of networks, exactly: the one whose lowest losses sum to the most.

A network more never raises a lowest loss, so a partial set bounds all sets grown from it. Sets
grow a network at a time, and those that cannot reach the best full set known are dropped. Of many
tasks there are too many sets for that: a bad one is then sought among sets drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from specbench.choose.candidates import Array
from specbench.choose.covers import Sets, covers, grown, is_full, lowest_losses, slack
from specbench.choose.exact import TIE
from specbench.choose.walk import walked_covers

MOST_OPEN = 1_000_000
"""Partial sets held open at most."""
_MOST_EXCHANGES = 200


class TooManySetsError(Exception):
    """The worst set cannot be proven within ``MOST_OPEN`` partial sets."""


def worst_set(
    losses: Array, costs: Array, names: Sequence[str], budget: float
) -> tuple[int, ...] | None:
    """Return the full set of networks with the highest Σ of lowest losses; None if there is none.

    ``losses`` is (N, T), NaN where a network does not learn a task. Ties: fewer networks, then
    smaller cost, then the alphabet. Raises TooManySetsError.
    """
    members = ~np.isnan(losses)
    floor = _greedy(losses, costs, budget)
    best: list[tuple[tuple[int, ...], float]] = []
    sets, spent = np.zeros((1, 0), dtype=np.int32), np.zeros(1)
    while len(sets):
        done = is_full(sets, spent, costs, budget)
        full = sets[done & covers(sets, members)]
        totals = lowest_losses(full, losses).sum(-1)
        floor = max(floor, totals.max(initial=-np.inf))
        best += [(tuple(map(int, row)), float(t)) for row, t in zip(full, totals, strict=True)
                 if t > floor - TIE]  # fmt: skip
        step = _step(sets[~done], spent[~done], losses, costs, budget, floor)
        sets, spent = step
    tied = [chosen for chosen, total in best if total > floor - TIE]
    return min(tied, key=lambda chosen: _order(chosen, costs, names)) if tied else None


class Bad(NamedTuple):
    """A bad set of networks, and what is known of how bad any could be."""

    chosen: tuple[int, ...]
    note: str


def bad_set(losses: Array, costs: Array, budget: float, rng: np.random.Generator) -> Bad | None:
    """Return the worst full set among many drawn and made worse by exchanges; None without any.

    For very many sets; its note says that it is not proven, and what no set goes beyond.
    """
    members = ~np.isnan(losses)
    drawn = walked_covers(costs, members, budget, rng)
    if drawn is None:
        return None
    known = np.where(members, losses, np.inf)
    totals = [lowest_losses(part, losses).sum(-1) for part in drawn]
    worst = [part[total.argmax()] for part, total in zip(drawn, totals, strict=True)]
    found = max(
        (_worsened(list(map(int, one)), known, costs) for one in worst),
        key=lambda chosen: known[chosen].min(axis=0).sum(),
    )
    most = float(np.nanmax(losses, axis=0).sum())
    reached = float(known[found].min(axis=0).sum())
    note = (
        f"heuristic: the worst of {sum(map(len, drawn))} drawn sets, made worse by exchanges; its "
        f"validation total is at most {most - reached:.2g} below the worst possible"
    )
    return Bad(tuple(found), note)


def _worsened(chosen: list[int], known: Array, costs: Array) -> list[int]:
    """Exchange networks of equal cost, which leaves a set full, while that makes it worse."""
    total = float(known[chosen].min(axis=0).sum())
    for _ in range(_MOST_EXCHANGES):
        best = (total, chosen)
        for out in chosen:
            rest = [one for one in chosen if one != out]
            now = known[rest].min(axis=0, initial=np.inf)
            after = np.minimum(now, known).sum(axis=1)
            after[(costs != costs[out]) | np.isinf(after)] = -np.inf
            after[rest] = -np.inf
            into = int(after.argmax())
            if after[into] > best[0] + TIE:
                best = (float(after[into]), [*rest, into])
        if best[1] is chosen:
            break
        total, chosen = best
    return chosen


def _step(
    sets: Sets, spent: Array, losses: Array, costs: Array, budget: float, floor: float
) -> tuple[Sets, Array]:
    """Return the sets grown by one later network that may still reach ``floor``."""
    kept: list[tuple[Sets, Array]] = []
    for part, total in _pieces(sets, spent):
        larger = grown(part, total, costs, budget, 50 * MOST_OPEN)
        if larger is not None:
            hopeful = _bounds(larger[0], losses) > floor - TIE
            kept.append((larger[0][hopeful], larger[1][hopeful]))
        if larger is None or sum(len(one) for one, _ in kept) > MOST_OPEN:
            raise TooManySetsError
    width = sets.shape[1] + 1
    empty = [(np.zeros((0, width), dtype=np.int32), np.zeros(0))]
    found, totals = zip(*(kept or empty), strict=True)
    return np.concatenate(found), np.concatenate(totals)


def _pieces(sets: Sets, spent: Array) -> list[tuple[Sets, Array]]:
    n = max(1, len(sets) // 5000)
    return list(zip(np.array_split(sets, n), np.array_split(spent, n), strict=True))


def _bounds(sets: Sets, losses: Array) -> Array:
    """Return the highest total a set can end with, adding later networks only: (sets,)."""
    lowest = lowest_losses(sets, losses)
    later = np.maximum.accumulate(np.where(np.isnan(losses), -np.inf, losses)[::-1], axis=0)[::-1]
    after = np.concatenate([later[1:], np.full((1, losses.shape[1]), -np.inf)])
    bound: Array = np.where(np.isinf(lowest), after[sets[:, -1]], lowest).sum(-1)
    return bound


def _greedy(losses: Array, costs: Array, budget: float) -> float:
    """Return the total of the worst of N full sets, each grown from one network by least harm."""
    highest = np.nanmax(losses, axis=0)
    known = np.where(np.isnan(losses), np.inf, losses)
    found = -np.inf
    for start in range(len(costs)):
        lowest, left = known[start], slack(budget) - costs[start]
        free = np.arange(len(costs)) != start
        while left >= 0 and (free & (costs <= left)).any():
            after = np.minimum(lowest, known)
            totals = np.where(np.isinf(after), highest, after).sum(-1)
            pick = int(np.argmax(np.where(free & (costs <= left), totals, -np.inf)))
            lowest, left = after[pick], left - costs[pick]
            free[pick] = False
        if left >= 0 and np.isfinite(lowest).all():
            found = max(found, float(lowest.sum()))
    return found


def _order(
    chosen: tuple[int, ...], costs: Array, names: Sequence[str]
) -> tuple[int, float, list[str]]:
    cost = round(float(costs[list(chosen)].sum()), 9)
    return len(chosen), cost, sorted(names[i] for i in chosen)
