"""Which scores a condition has, and what stands behind each of them."""

from __future__ import annotations

import duckdb

from specbench.scores.registry import SCORES
from specbench.spec.study import Condition, Study

PROXY = "proxy"
"""Validation gains of a cheaper condition, as a score for a dear one."""
EARLY_PROXY = "proxy_early"
"""Validation gains early in the training of the very networks that the gain is measured on."""
_WITHOUT_RUNS = frozenset({"td", "nce"})
"""Published scores that come from no network at all."""


def score_names(connection: duckdb.DuckDBPyConnection, study: Study, condition: str) -> list[str]:
    """Return the scores with values: those of the spec in its order, then those read from files."""
    found = connection.execute(
        "SELECT DISTINCT score FROM scores WHERE study = ? AND condition = ? ORDER BY score",
        [study.name, condition],
    ).fetchall()
    order = {name: place for place, name in enumerate(study.scores)}
    return sorted((name for (name,) in found), key=lambda name: (order.get(name, len(order)), name))


def has_runs(score: str) -> bool:
    """Tell whether a score comes from trained networks, so that it differs between seeds."""
    if score in SCORES:
        return SCORES[score].needs.trained
    return score not in _WITHOUT_RUNS


def shared_sizes(
    connection: duckdb.DuckDBPyConnection, study: Study, one: Condition, other: Condition
) -> frozenset[int]:
    """Return how many tasks the networks learn that two conditions of a study have in common.

    Two conditions that read the same files have networks of every size in common.
    """
    files = "SELECT key FROM member_figures WHERE study = $study AND condition = "
    sizes = (
        "SELECT DISTINCT len(string_split(network, '+')) FROM networks WHERE study = $study "
        "AND condition = $one AND key IN (SELECT key FROM networks WHERE study = $study AND "
        "condition = $other)"
    )
    names = {"study": study.name, "one": one.name, "other": other.name}
    both = connection.execute(f"{files}$one INTERSECT {files}$other", names).fetchall()
    if both:
        return frozenset(range(1, len(one.tasks) + 1))
    return frozenset(size for (size,) in connection.execute(sizes, names).fetchall())
