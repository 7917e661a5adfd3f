"""The partner each score would choose for a target, and the gain that choice gives away.

Scores and gains are means over seeds, so score and gain share runs here; the view ``agreement``
holds the crossed values of the same two measures. Tied partners share: the gain lost is the mean
over them (Azorin et al., arXiv 2301.02873, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

import duckdb

from specbench.report.gains import GainMatrix
from specbench.report.query import ask
from specbench.report.study import Study

TIE = 1e-9


@dataclass(frozen=True)
class Choice:
    """What one score says of one target; ``hit`` is the share of the chosen that are best."""

    score: str
    target: str
    chosen: tuple[str, ...]
    best: tuple[str, ...]
    lost: float
    hit: float


@dataclass(frozen=True)
class ScoreValues:
    """Mean over seeds of every defined score of one condition."""

    values: dict[str, dict[tuple[str, str], float]]
    undefined: dict[str, dict[tuple[str, str], str]]
    sql: str


def read_scores(connection: duckdb.DuckDBPyConnection, study: Study, condition: str) -> ScoreValues:
    """Read every score of one condition, averaged over seeds."""
    sql = (
        "SELECT score, target, partner,\n"
        "  avg(value ORDER BY seed) FILTER (WHERE isfinite(value)) AS value,\n"
        "  any_value(reason ORDER BY seed) AS reason\n"
        f"FROM scores\nWHERE {study.where(condition)}\n"
        "GROUP BY ALL ORDER BY score, target, partner"
    )
    asked = ask(connection, sql)
    values: dict[str, dict[tuple[str, str], float]] = {}
    undefined: dict[str, dict[tuple[str, str], str]] = {}
    for row in asked.rows:
        pair = (row["target"], row["partner"])
        if row["value"] is None:
            undefined.setdefault(row["score"], {})[pair] = row["reason"] or "no value"
        else:
            values.setdefault(row["score"], {})[pair] = row["value"]
    return ScoreValues(values, undefined, asked.sql)


def choose(scores: ScoreValues, gains: GainMatrix) -> dict[tuple[str, str], Choice]:
    """Return the choice of every score for every target that has at least two partners."""
    choices = {}
    for score, values in scores.values.items():
        for target in gains.tasks:
            known = {
                cell.partner: (values[target, cell.partner], cell.mean)
                for cell in gains.row(target)
                if (target, cell.partner) in values
            }
            if len(known) > 1:
                choices[score, target] = _choice(score, target, known)
    return choices


def _choice(score: str, target: str, known: dict[str, tuple[float, float]]) -> Choice:
    chosen = _top({partner: value for partner, (value, _) in known.items()})
    gain = {partner: gain for partner, (_, gain) in known.items()}
    best = _top(gain)
    lost = fmean(gain[best[0]] - gain[partner] for partner in chosen)
    hit = fmean(partner in best for partner in chosen)
    return Choice(score, target, chosen, best, lost, hit)


def _top(values: dict[str, float]) -> tuple[str, ...]:
    highest = max(values.values())
    return tuple(sorted(name for name, value in values.items() if value >= highest - TIE))
