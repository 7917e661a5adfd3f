"""What pairs predict for larger networks: the group_scores view, filled from scores and losses.

Any score of pairs yields a value for a target in a network: its mean over the other members (the
rule of TAG, Fifty et al., arXiv 2109.04617). ``hoa`` is the gain that measured pairs predict: the
higher order approximation of Standley et al. (arXiv 1905.07553).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from specbench.names import join, split
from specbench.spec.data import PublishedData
from specbench.spec.models import GainSection
from specbench.spec.study import Condition, Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from specbench.stats.correlation import Array

HOA = "hoa"
"""The name under which the gain predicted from measured pairs stands among the scores."""
_LEAST = 3


def large_groups(condition: Condition) -> list[tuple[str, ...]]:
    """Return the groups of three tasks and more that the study trains, in a fixed order."""
    return sorted(group for group in condition.groups if len(group) >= _LEAST)


def groups_of(
    connection: duckdb.DuckDBPyConnection, study: Study, condition: Condition
) -> list[tuple[str, ...]]:
    """Return the groups of three tasks and more, trained or with published gains."""
    if not isinstance(condition.settings.data, PublishedData):
        return large_groups(condition)
    found = connection.execute(
        "SELECT DISTINCT network FROM group_gains WHERE study = ? AND condition = ?",
        [study.name, condition.name],
    ).fetchall()
    return sorted(split(network) for (network,) in found)


def group_values(
    scores: Mapping[str, Array], tasks: Sequence[str], groups: Sequence[tuple[str, ...]]
) -> dict[str, Array]:
    """Return for every score the mean over the other members: (…, targets, groups).

    ``scores`` are (…, targets, partners) in the order of ``tasks``. NaN where the target is no
    member, or where the score of one of the pairs is not defined.
    """
    from specbench.choose.predict import mean_over_pairs

    inside = membership(tasks, groups)
    return {name: mean_over_pairs(cube, inside) for name, cube in scores.items()}


def membership(tasks: Sequence[str], groups: Sequence[tuple[str, ...]]) -> NDArray[np.bool_]:
    """Return which task is a member of which group, bool (groups, tasks)."""
    import numpy as np

    return np.array([[task in group for task in tasks] for group in groups], dtype=bool)


def own_group_values(
    connection: duckdb.DuckDBPyConnection,
    study: str,
    condition: str,
    tasks: Sequence[str],
    groups: Sequence[tuple[str, ...]],
    seeds: Sequence[int],
) -> dict[str, Array]:
    """Return (seeds, targets, groups) of the scores that look at groups themselves."""
    found = connection.execute(
        "SELECT score, seed, r.target, network, value FROM member_score m "
        "JOIN result_group_score r USING (key) WHERE study = ? AND condition = ?",
        [study, condition],
    ).fetchall()
    by_score: dict[str, list[tuple[int, str, str, float]]] = {}
    for score, *cell in found:
        by_score.setdefault(score, []).append(tuple(cell))
    cubes = {name: _cube(cells, tasks, groups, seeds) for name, cells in by_score.items()}
    return dict(sorted(cubes.items()))


def _cube(
    cells: Iterable[tuple[int, str, str, float | None]],
    tasks: Sequence[str],
    groups: Sequence[tuple[str, ...]],
    seeds: Sequence[int],
) -> Array:
    """Return cells of (seed, target, network, value) as an array, other networks left out."""
    import numpy as np

    column = {join(group): number for number, group in enumerate(groups)}
    place = {task: number for number, task in enumerate(tasks)}
    layer = {seed: number for number, seed in enumerate(seeds)}
    cube = np.full((len(seeds), len(tasks), len(groups)), np.nan)
    for seed, target, network, value in cells:
        if network in column and value is not None:
            cube[layer[seed], place[target], column[network]] = value
    return cube


def hoa_gains(
    connection: duckdb.DuckDBPyConnection,
    study: str,
    condition: str,
    gain: GainSection,
    tasks: Sequence[str],
    groups: Sequence[tuple[str, ...]],
    seeds: Sequence[int],
) -> Array | None:
    """Return the gains that pairs predict, (seeds, targets, groups), on validation images.

    None where no pair predicts any.

    The quantity of a target in a group is taken to be its mean over the pair networks with the
    other members, and its gain then is as ``gain`` defines it. Validation, whatever the split of
    the gain: a choice of networks must not see the test images.
    """
    import numpy as np

    from specbench.choose.predict import mean_over_pairs

    place = {task: number for number, task in enumerate(tasks)}
    layer = {seed: number for number, seed in enumerate(seeds)}
    pairs = np.full((len(seeds), len(tasks), len(tasks)), np.nan)
    singles = np.full((len(seeds), len(tasks)), np.nan)
    sign = -1.0
    capacity = {"half": 0.5, "full": 1.0, "unstated": 0.0}[gain.baseline]
    for seed, network, target, value, higher in connection.execute(
        "SELECT seed, network, target, value, higher_is_better FROM quantities "
        "WHERE study = ? AND condition = ? AND quantity = ? AND injected = '' AND split = 'val' "
        "AND CASE WHEN network = target THEN coalesce(capacity, 0) = ? "
        "ELSE coalesce(capacity, 1.0) = 1.0 END "
        "AND len(string_split(network, '+')) <= 2",
        [study, condition, gain.quantity, capacity],
    ).fetchall():
        sign = 1.0 if higher else -1.0
        members = network.split("+")
        if network == target:
            singles[layer[seed], place[target]] = value
        else:
            (partner,) = (name for name in members if name != target)
            pairs[layer[seed], place[target], place[partner]] = value
    joint = mean_over_pairs(pairs, membership(tasks, groups))
    single = singles[..., None]
    below = joint if gain.denominator == "joint" else np.broadcast_to(single, joint.shape)
    below = np.where(below == 0, np.nan, below)
    gains: Array = sign * (joint - single) / below
    return None if np.isnan(gains).all() else gains


def read_group_gains(
    connection: duckdb.DuckDBPyConnection,
    study: str,
    condition: str,
    gain: GainSection,
    tasks: Sequence[str],
    groups: Sequence[tuple[str, ...]],
    seeds: Sequence[int],
) -> Array | None:
    """Return the measured gains, (seeds, targets, groups), NaN where missing; None without any."""
    found = connection.execute(
        "SELECT seed, target, network, gain FROM group_gains WHERE study = ? AND condition = ? "
        "AND quantity = ? AND baseline = ? AND denominator = ? AND split = ? AND gain IS NOT NULL",
        [study, condition, gain.quantity, gain.baseline, gain.denominator, gain.split],
    ).fetchall()
    return _cube(found, tasks, groups, seeds) if found else None
