"""The networks of a condition as candidates to choose from: their losses and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from specbench.spec.models import ChooseSection
from specbench.spec.study import Condition, Study

if TYPE_CHECKING:
    import numpy as np

    from specbench.choose.candidates import Array, Candidates

_SPLITS = {"validation": "val", "test": "test", "early": "early"}
Network = tuple[str, float | None]
"""Name and capacity; a published network may not state its capacity."""


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of one condition, those without losses included."""

    tasks: tuple[str, ...]
    names: tuple[str, ...]
    capacities: Array
    """(networks,): NaN where not stated."""
    costs: Array
    """(networks,): NaN where not known."""
    losses: dict[str, Array]
    """By kind (validation, test, early): (seeds, networks, tasks), NaN where not known."""

    def candidates(self, seed: int | None) -> Candidates:
        """Return candidates with the losses of one seed (its place), or means over the seeds.

        A capacity that is not stated counts as 1, and where a cost is not known all costs are
        capacities: good for a choice by number of networks, where costs only break ties. Of two
        networks that are then the same, the one that states its capacity is taken.
        """
        import numpy as np

        from specbench.choose.candidates import candidates
        from specbench.stats.measures import mean_defined

        table = {
            kind: mean_defined(cube, axis=0) if seed is None else cube[seed]
            for kind, cube in self.losses.items()
        }
        sizes = np.where(np.isnan(self.capacities), 1.0, self.capacities)
        costs = sizes if self.unpriced else self.costs
        kept = self.kept
        chosen = {kind: losses[kept] for kind, losses in table.items()}
        names = [self.names[place] for place in kept]
        return candidates(self.tasks, names, sizes[kept], costs[kept], **chosen)

    @property
    def kept(self) -> list[int]:
        """Places of the networks that are candidates."""
        import numpy as np

        stated = set(zip(self.names, self.capacities.tolist(), strict=True))
        return [
            place
            for place, name in enumerate(self.names)
            if not np.isnan(self.capacities[place]) or (name, 1.0) not in stated
        ]

    @property
    def unpriced(self) -> str:
        """The first network without a cost, or ''."""
        import numpy as np

        missing = np.flatnonzero(np.isnan(self.costs))
        return self.names[missing[0]] if len(missing) else ""


def read_networks(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    condition: Condition,
    seeds: Sequence[int],
) -> Networks:
    """Return the networks of a condition, and every group where the study asks for them."""
    import numpy as np

    section, tasks = study.spec.choose, tuple(sorted(condition.tasks))
    found = _found(connection, study, condition, section)
    if section.candidates == "groups":
        found |= dict.fromkeys(_missing_groups(tasks, set(found)), 1.0)
    order = {network: place for place, network in enumerate(found)}
    axes = (order, {s: i for i, s in enumerate(seeds)}, {t: i for i, t in enumerate(tasks)})
    losses = {
        kind: _losses(connection, study, condition, split, *axes) for kind, split in _SPLITS.items()
    }
    return Networks(
        tasks,
        tuple(name for name, _ in found),
        np.array([np.nan if size is None else size for _, size in found], dtype=np.float64),
        np.array([np.nan if cost is None else cost for cost in found.values()], dtype=np.float64),
        losses,
    )


def _found(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    condition: Condition,
    section: ChooseSection,
) -> dict[Network, float | None]:
    """Return the cost of every network that the store has."""
    rows = connection.execute(
        "SELECT network, capacity, any_value(macs) FROM networks WHERE study = ? "
        "AND condition = ? AND injected = '' GROUP BY network, capacity ORDER BY ALL",
        [study.name, condition.name],
    ).fetchall()
    by_macs = section.cost == "macs"
    return {(name, size): macs if by_macs else size for name, size, macs in rows}


def _missing_groups(tasks: tuple[str, ...], found: set[Network]) -> list[Network]:
    from specbench.choose.candidates import all_groups

    known = {name for name, size in found if size in (None, 1.0)}
    return [(name, 1.0) for name in all_groups(tasks).networks if name not in known]


def _losses(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    condition: Condition,
    split: str,
    networks: dict[Network, int],
    seeds: dict[int, int],
    tasks: dict[str, int],
) -> Array:
    import numpy as np

    source = "early_losses" if split == "early" else "losses"
    rest = "" if split == "early" else f" AND split = '{split}' AND injected = ''"
    rows = connection.execute(
        f"SELECT seed, network, capacity, target, loss FROM {source} "
        f"WHERE study = ? AND condition = ?{rest}",
        [study.name, condition.name],
    ).fetchall()
    table: np.ndarray[tuple[int, int, int], np.dtype[np.float64]]
    table = np.full((len(seeds), len(networks), len(tasks)), np.nan)
    for seed, network, capacity, target, loss in rows:
        table[seeds[seed], networks[network, capacity], tasks[target]] = loss
    return table
