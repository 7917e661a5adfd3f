"""How well each score predicts the gain, as the view ``agreement`` has it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import duckdb

from specbench.report.query import ask
from specbench.report.study import Study

CROSSED, SAME = "crossed", "same"
SHARED = "shares runs with the gain, correlation inflated"


@dataclass(frozen=True)
class Estimate:
    """One row of the view ``agreement``; ``target`` None means all pairs at once."""

    condition: str
    score_condition: str
    score: str
    level: str
    measure: str
    target: str | None
    fit: str
    value: float | None
    low: float | None
    high: float | None
    p: float | None
    p_corrected: float | None
    p_smallest: float | None
    ceiling: float | None
    n_tasks: int | None
    n_pairs: int | None
    n_seeds: int | None
    reason: str | None

    @property
    def marked(self) -> str:
        """Why the value flatters the score, or an empty text."""
        return SHARED if SHARED in (self.reason or "") else ""

    @property
    def missing(self) -> list[str]:
        """Why a value, an interval, a p value or a ceiling is missing, reason by reason."""
        parts = (self.reason or "").split("; ")
        return [part for part in parts if part and part != SHARED]

    @property
    def of_ceiling(self) -> float | None:
        """The value as a share of the noise ceiling."""
        if self.value is None or not self.ceiling or self.ceiling <= 0:
            return None
        return self.value / self.ceiling

    @property
    def corrected(self) -> float | None:
        """The p value to judge by: corrected over the scores, or the plain one without others."""
        return self.p if self.p_corrected is None else self.p_corrected


@dataclass(frozen=True)
class Agreement:
    """All rows of one study under its headline definition."""

    estimates: tuple[Estimate, ...]
    sql: str

    def find(
        self,
        score: str,
        measure: str,
        fit: str,
        condition: str,
        target: str | None = None,
        score_condition: str | None = None,
        level: str = "pairs",
    ) -> Estimate | None:
        """Return the one row that fits; ``score_condition`` follows ``condition`` by default."""
        sought = (score, measure, fit, target, condition, score_condition or condition, level)
        return self._by_key.get(sought)

    def judged(
        self, score: str, measure: str, condition: str, target: str | None = None, **where: str
    ) -> Estimate | None:
        """Return the row to judge a score by: crossed where it has a value, else same-seed."""
        crossed = self.find(score, measure, CROSSED, condition, target, **where)
        if crossed is not None and crossed.value is not None:
            return crossed
        return self.find(score, measure, SAME, condition, target, **where) or crossed

    def measures(self) -> set[str]:
        """Return the measures with a row."""
        return {one.measure for one in self.estimates}

    @cached_property
    def _by_key(self) -> dict[tuple[Any, ...], Estimate]:
        return {_key(one): one for one in self.estimates}


def read_agreement(connection: duckdb.DuckDBPyConnection, study: Study) -> Agreement:
    """Read the study's rows of ``agreement`` under its headline definition."""
    names = ", ".join(column.name for column in fields(Estimate))
    sql = (
        f"SELECT {names}\nFROM agreement\nWHERE {study.where()}\n"
        f"  AND {study.definition.where()}\nORDER BY ALL"
    )
    return Agreement(tuple(Estimate(**row) for row in ask(connection, sql).rows), sql)


def _key(one: Estimate) -> tuple[Any, ...]:
    return (
        one.score,
        one.measure,
        one.fit,
        one.target,
        one.condition,
        one.score_condition,
        one.level,
    )
