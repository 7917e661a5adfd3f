"""Which scores a condition has, and what stands behind each of them."""

from __future__ import annotations

import duckdb

from specbench.scores.contract import Needs
from specbench.scores.registry import SCORES
from specbench.spec.study import Study

_WITHOUT_RUNS = frozenset({"td"})
"""Published scores that come from no network at all."""
_OTHER_RUNS = frozenset({"tag", "cs", "etap"})
"""Published scores read off the network of all tasks, which no pair's gain is measured on."""


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
        return SCORES[score].needs is not Needs.NOTHING
    return score not in _WITHOUT_RUNS


def shares_runs(score: str) -> bool:
    """Tell whether a score reads networks that the gains are measured on.

    Of a score that is not known here the safer is taken: it does.
    """
    return has_runs(score) and score not in _OTHER_RUNS
