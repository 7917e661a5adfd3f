"""The networks that could be trained, with their losses and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from specbench.names import join, split

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Networks over ``tasks``, any groups at any capacities.

    Losses are (networks, tasks), NaN where a network does not learn the task or the loss is not
    known. Raises ValueError where shapes do not fit, a task is unknown or a network occurs twice
    at one capacity.
    """

    tasks: tuple[str, ...]
    networks: tuple[str, ...]
    """Names, tasks joined by ``+``."""
    capacities: Array
    """(networks,): fraction of the standard encoder."""
    costs: Array
    """(networks,): in the unit of the budgets."""
    validation: Array
    test: Array
    early: Array
    """Validation losses early in training."""

    def __post_init__(self) -> None:
        shape = (len(self.networks), len(self.tasks))
        for losses in (self.validation, self.test, self.early):
            if losses.shape != shape:
                raise ValueError(f"losses have shape {losses.shape}, expected {shape}")
        if self.capacities.shape != shape[:1] or self.costs.shape != shape[:1]:
            raise ValueError("every network needs one capacity and one cost")
        if len(set(zip(self.networks, self.capacities.tolist(), strict=True))) < shape[0]:
            raise ValueError("a network occurs twice at one capacity")
        unknown = {task for name in self.networks for task in split(name)} - set(self.tasks)
        if unknown:
            raise ValueError(f"networks learn unknown tasks: {sorted(unknown)}")

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """(networks, tasks): which network learns which task."""
        place = {task: number for number, task in enumerate(self.tasks)}
        found = np.zeros((len(self.networks), len(self.tasks)), dtype=bool)
        for row, name in zip(found, self.networks, strict=True):
            row[[place[task] for task in split(name)]] = True
        return found

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names that tell capacities apart: ``a+b`` at capacity 1, ``a+b@0.5`` at one half."""
        return tuple(
            name if capacity == 1 else f"{name}@{capacity:g}"
            for name, capacity in zip(self.networks, self.capacities, strict=True)
        )


def candidates(
    tasks: Sequence[str],
    networks: Sequence[str],
    capacities: Sequence[float] | Array,
    costs: Sequence[float] | Array | None = None,
    validation: Array | None = None,
    test: Array | None = None,
    early: Array | None = None,
) -> Candidates:
    """Return candidates; without costs a network costs its capacity, losses not given are NaN.

    Names of networks may list their tasks in any order.
    """
    unknown = np.full((len(networks), len(tasks)), np.nan)
    sizes = np.asarray(capacities, dtype=np.float64)
    return Candidates(
        tasks=tuple(tasks),
        networks=tuple(join(split(name)) for name in networks),
        capacities=sizes,
        costs=sizes if costs is None else np.asarray(costs, dtype=np.float64),
        validation=unknown if validation is None else validation,
        test=unknown if test is None else test,
        early=unknown if early is None else early,
    )


def all_groups(tasks: Sequence[str]) -> Candidates:
    """Return all 2ⁿ − 1 groups of the tasks at capacity 1, without losses."""
    groups = [
        join(group) for size in range(1, len(tasks) + 1) for group in combinations(tasks, size)
    ]
    return candidates(tasks, groups, np.ones(len(groups)))
