"""Training methods as conditions: gains and scores under each, and what guided steps chose.

A condition belongs here if it differs from the main one in its training method, or in the method's
settings, and in nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import duckdb

from specbench.report.agreement import Agreement, Estimate
from specbench.report.gains import GainMatrix
from specbench.report.query import Row, ask, equals, has_view
from specbench.report.stability import correlation
from specbench.report.study import Study
from specbench.report.vocabulary import training_title

_OWN = ("method", "method_settings")
MEASURE = "pearson"


@dataclass(frozen=True)
class Taken:
    """How often a candidate was applied: share of steps by epoch, mean, lowest, highest network."""

    candidate: str
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    networks: int
    """Networks that have the candidate, seeds counted apart."""


@dataclass(frozen=True)
class Case:
    """A condition of another training method; numbers None where there is nothing to take."""

    condition: str
    title: str
    gains_agree: float | None
    """Correlation of its gains with those of the main condition."""
    mean_gain: float | None
    moved: Mapping[str, Estimate]
    """By score: measured under the main condition, held against the gains of this one."""
    own: Mapping[str, Estimate]
    """By score: measured under this condition, held against its own gains."""

    @property
    def change(self) -> float | None:
        """Mean over scores of the value moved less the value of its own."""
        both = [
            (moved.value, self.own[score].value)
            for score, moved in self.moved.items()
            if score in self.own
        ]
        known = [m - o for m, o in both if m is not None and o is not None]
        return fmean(known) if known else None


@dataclass(frozen=True)
class Methods:
    """The training methods of a study; no ``cases`` where it has one only."""

    main: str = ""
    """Title of the main condition's method."""
    mean_gain: float | None = None
    cases: tuple[Case, ...] = ()
    taken: tuple[tuple[str, tuple[Taken, ...]], ...] = ()
    """What guided steps chose, by title of the condition."""
    taken_sql: str = ""


def read_methods(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    gains: Mapping[str, GainMatrix],
    agreement: Agreement,
) -> Methods:
    """Set the training methods of a study side by side."""
    titles = titles_of(study)
    taken, sql = _taken(connection, study, titles)
    if study.main not in titles:
        return Methods(taken=taken, taken_sql=sql)
    main = gains[study.main]
    cases = tuple(
        _case(study, condition, title, gains[condition], main, agreement)
        for condition, title in titles.items()
        if condition != study.main
    )
    return Methods(titles[study.main], _mean(main), cases, taken, sql)


def titles_of(study: Study) -> dict[str, str]:
    """Return the title of the training method of every condition that differs in nothing else."""
    spec = study.spec.get("conditions")
    found: dict[str, dict[str, Any]] = spec if isinstance(spec, dict) else {}
    known = [name for name in study.conditions if isinstance(found.get(name), dict)]
    if study.main not in known or "training" not in found[study.main]:
        return {}
    rest = _rest(found[study.main])
    alike = [name for name in known if _rest(found[name]) == rest]
    names = {name: str(found[name]["training"].get("method", "equal")) for name in alike}
    times = Counter(names.values())
    return {
        name: training_title(method) + (f" ({name})" if times[method] > 1 else "")
        for name, method in names.items()
    }


def _rest(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a condition's settings without its training method."""
    training = settings.get("training")
    kept = {k: v for k, v in training.items() if k not in _OWN} if training else None
    return {**settings, "training": kept}


def _case(
    study: Study,
    condition: str,
    title: str,
    gains: GainMatrix,
    main: GainMatrix,
    agreement: Agreement,
) -> Case:
    moved, own = {}, {}
    for score in study.scores:
        across = agreement.judged(score, MEASURE, condition, score_condition=study.main)
        within = agreement.judged(score, MEASURE, condition)
        if across is not None:
            moved[score] = across
        if within is not None:
            own[score] = within
    return Case(condition, title, correlation(main, gains), _mean(gains), moved, own)


def _mean(gains: GainMatrix) -> float | None:
    return fmean(cell.mean for cell in gains.all) if gains.all else None


def _taken(
    connection: duckdb.DuckDBPyConnection, study: Study, titles: Mapping[str, str]
) -> tuple[tuple[tuple[str, tuple[Taken, ...]], ...], str]:
    sql = (
        "SELECT condition, name, epoch, avg(value) AS mean,\n"
        "  min(value) AS low, max(value) AS high, count(*) AS networks\n"
        f"FROM method_log\nWHERE {study.where()} AND {equals(quantity='chosen')}\n"
        "GROUP BY condition, name, epoch ORDER BY condition, name, epoch"
    )
    if not has_view(connection, "method_log"):
        return (), ""
    rows: dict[str, dict[str, list[Row]]] = {}
    for row in ask(connection, sql).rows:
        rows.setdefault(row["condition"], {}).setdefault(row["name"], []).append(row)
    found = tuple(
        (titles.get(condition, condition), tuple(_line(name, r) for name, r in by_name.items()))
        for condition, by_name in rows.items()
        if len(by_name) > 1
    )
    return found, sql


def _line(candidate: str, rows: list[Row]) -> Taken:
    return Taken(
        candidate,
        tuple(row["epoch"] for row in rows),
        tuple(row["mean"] for row in rows),
        tuple(row["low"] for row in rows),
        tuple(row["high"] for row in rows),
        max(row["networks"] for row in rows),
    )
