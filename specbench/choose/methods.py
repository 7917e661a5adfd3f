"""The methods that choose a set of networks, and what each of them may know.

- ``optimal`` reads validation losses, ``esa`` those early in training, ``hoa`` those of networks
  of one and two tasks and predicts the rest.
- A score reads nothing but itself: a task's value in a group is the mean of its scores with the
  other members (TAG's rule); a task alone is never chosen while any other choice is left. A score
  that judges groups itself is taken at its word, for tasks alone too.
- ``all_in_one`` and ``independent`` take the best affordable capacity by validation loss; the
  networks of ``independent`` have one capacity.
- ``worst`` reads validation losses too; ``random`` reads nothing, see ``covers`` for both.

Up to ``MOST_TASKS`` tasks a set is searched for exactly, ties included. Beyond, a set is found by
exchanging networks, with a bound on what any set could reach; where the two do not meet, an integer
program decides, as far as it is in reach. What is not proven says so, and by how much at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from specbench.choose.approximate import approximate
from specbench.choose.candidates import Array, Candidates
from specbench.choose.exact import MOST_TASKS, Search
from specbench.choose.predict import mean_over_pairs, predicted_losses
from specbench.choose.program import MOST_ENTRIES, Found, TooHardError, program
from specbench.choose.worst import TooManySetsError, bad_set, worst_set

ALONE = -1e6
"""The value of a task alone under a score (Fifty et al.): less than any group's."""


class Method(StrEnum):
    """The methods that are not scores."""

    OPTIMAL = "optimal"
    ESA = "esa"
    HOA = "hoa"
    RANDOM = "random"
    WORST = "worst"
    ALL_IN_ONE = "all_in_one"
    INDEPENDENT = "independent"


class LimitKind(StrEnum):
    """What is limited: the cost of the networks, or their number."""

    BUDGET = "budget"
    SPLITS = "splits"


class Choice(NamedTuple):
    """The numbers of the chosen candidates, and how far they are proven; '' for exactly."""

    chosen: tuple[int, ...]
    note: str = ""


class NotAvailableError(Exception):
    """A method lacks its input or finds no set; the message says which."""


@dataclass(frozen=True, eq=False)
class Chooser:
    """Chooses among candidates by any method but ``random``, under any limit of one kind.

    The candidates of a choice by number of groups should have one capacity.
    """

    candidates: Candidates
    scores: Mapping[str, Array]
    """(tasks, tasks): scores of target and partner, higher is better."""
    kind: LimitKind
    groups: Mapping[str, Array] = field(default_factory=dict)
    """(networks, tasks): of scores that have values of their own for every network."""
    _searches: dict[tuple[str, bool], Search] = field(default_factory=dict)
    _unproven: list[float] = field(default_factory=list)
    """Limits under which the worst set could not be proven: larger ones are not tried."""

    @property
    def spending(self) -> Array:
        """(networks,): what each takes of the limit."""
        costs = self.candidates.costs
        return costs if self.kind is LimitKind.BUDGET else np.ones_like(costs)

    def choose(self, method: str, limit: float, seed: int = 0) -> Choice:
        """Return what a method chooses. Raises NotAvailableError.

        ``seed`` draws the sets among which a worst one is sought where not all can be.
        """
        if method == Method.WORST:
            return self._worst(limit, seed)
        if method in (Method.ALL_IN_ONE, Method.INDEPENDENT):
            return Choice(self._comparison(Method(method), limit))
        chosen = self._searched(method, limit, alone=False)
        if chosen is None and method in self.scores and method not in self.groups:
            chosen = self._searched(method, limit, alone=True)
        if chosen is None:
            raise NotAvailableError("no affordable set was found that covers every task")
        return chosen

    def _searched(self, method: str, limit: float, alone: bool) -> Choice | None:
        if len(self.candidates.tasks) > MOST_TASKS:
            return self._among_many(self._read(method, alone), limit)
        if (method, alone) not in self._searches:
            losses = self._read(method, alone)
            search = Search(losses, self.candidates.costs, self.candidates.labels)
            self._searches[method, alone] = search
        search = self._searches[method, alone]
        splits = self.kind is LimitKind.SPLITS
        chosen = search.best(most=int(limit)) if splits else search.best(budget=limit)
        return None if chosen is None else Choice(chosen)

    def _among_many(self, losses: Array, limit: float) -> Choice | None:
        found = approximate(losses, self.spending, limit)
        if (found is None or found.gap) and np.isfinite(losses).sum() <= MOST_ENTRIES:
            try:
                better = program(losses, self.spending, limit)
            except TooHardError:
                better = found
            if better is None or found is None or better.total <= found.total:
                found = better
        return None if found is None else Choice(found.chosen, _proven(found))

    def _read(self, method: str, alone: bool) -> Array:
        """Return what a method minimises, (networks, tasks)."""
        networks = self.candidates
        if method in self.scores:
            return -self._values(method, alone)
        if method == Method.OPTIMAL:
            return _known(networks, networks.validation, "no validation loss")
        if method == Method.ESA:
            return _known(networks, networks.early, "no early validation loss")
        if method == Method.HOA:
            return _known(
                networks, predicted_losses(networks), "no validation loss to predict from"
            )
        raise ValueError(f"unknown method {method!r}")

    def _values(self, score: str, alone: bool) -> Array:
        members = self.candidates.members
        if score in self.groups:
            return _known(
                self.candidates, np.where(members, self.groups[score], np.nan), "no score"
            )
        group = members.sum(-1) > 1
        values = mean_over_pairs(self.scores[score], members).T
        _known(self.candidates, np.where(group[:, None], values, 0.0), "no score")
        lone = np.where(members, _least(values) if alone else np.nan, np.nan)
        return np.where(group[:, None], values, lone)

    def _worst(self, limit: float, seed: int) -> Choice:
        networks = self.candidates
        losses = _known(networks, networks.validation, "no validation loss")
        if len(networks.tasks) > MOST_TASKS:
            bad = bad_set(losses, self.spending, limit, np.random.default_rng(seed))
            if bad is None:
                raise NotAvailableError("no sets were found among which to seek the worst")
            return Choice(bad.chosen, bad.note)
        try:
            if any(smaller <= limit for smaller in self._unproven):
                raise TooManySetsError
            chosen = worst_set(losses, self.spending, networks.labels, limit)
        except TooManySetsError:
            self._unproven.append(limit)
            raise NotAvailableError("too many sets to prove the worst one") from None
        if chosen is None:
            raise NotAvailableError("no affordable set covers every task")
        return Choice(chosen)

    def _comparison(self, method: Method, limit: float) -> tuple[int, ...]:
        networks, size = self.candidates, self.candidates.members.sum(-1)
        wanted = size == (1 if method is Method.INDEPENDENT else len(networks.tasks))
        sets = [
            tuple(int(i) for i in np.flatnonzero(wanted & (networks.capacities == capacity)))
            for capacity in np.unique(networks.capacities[wanted])
        ]
        whole = [one for one in sets if networks.members[list(one)].any(0).all()]
        if not whole:
            raise NotAvailableError("no such networks among the candidates")
        fits = [one for one in whole if self.spending[list(one)].sum() <= limit + 1e-9]
        if not fits:
            least = min(self.spending[list(one)].sum() for one in whole)
            raise NotAvailableError(f"not affordable: such networks take {least:g}")
        losses = _known(networks, networks.validation, "no validation loss", wanted)
        return min(fits, key=lambda one: round(float(np.nanmin(losses[list(one)], 0).sum()), 9))


def _least(values: Array) -> float:
    """Return the value of a task alone: less than any gain of values in groups can make up for."""
    known = values[np.isfinite(values)]
    if values.shape[1] <= MOST_TASKS or not known.size:
        return ALONE
    # As strict, in numbers that a program can tell from each other.
    return float(known.min() - values.shape[1] * (np.ptp(known) or 1.0))


def _proven(found: Found) -> str:
    """Say how far a set is proven the best, in the unit of what the method adds up."""
    if not found.gap:
        return "proven within 1e-6; of sets that tie, any"
    share = f" ({found.gap / abs(found.total):.2g} of it)" if found.total else ""
    return f"heuristic: its sum is at most {found.gap:.2g}{share} from the best possible"


def _known(networks: Candidates, losses: Array, missing: str, used: Array | None = None) -> Array:
    """Return the losses if every network (``used``) has one for each of its tasks."""
    gaps = networks.members & np.isnan(losses)
    if used is not None:
        gaps &= used[:, None].astype(bool)
    if gaps.any():
        network, task = np.argwhere(gaps)[0]
        where = f"{networks.tasks[task]} in {networks.labels[network]}"
        raise NotAvailableError(f"{missing} for {where} ({int(gaps.sum())} missing)")
    return losses
