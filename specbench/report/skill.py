"""Whether every network beats the mean: test loss against the best constant predictor.

skill = 1 - loss / constant, both on the study's split; positive is better than guessing the same
value everywhere (the constant is fitted on the training labels).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from specbench.report.query import Row, ask, equals, has_view
from specbench.report.study import Study
from specbench.report.vocabulary import capacity_title

SHOWN = 500  # rows of the full list that a page holds, worst first


@dataclass(frozen=True)
class Skill:
    """One target of one network, mean over seeds; ``constant`` None where it is not known."""

    target: str
    network: str
    capacity: float | None
    injected: str
    loss: float
    constant: float | None
    seeds: int

    @property
    def value(self) -> float | None:
        """1 - loss / constant."""
        return None if not self.constant else 1 - self.loss / self.constant

    @property
    def beats(self) -> bool | None:
        """Whether the network is better than the constant; None where that is not known."""
        return None if self.constant is None else self.loss < self.constant

    @property
    def kind(self) -> str:
        """The family of the network, as the columns of the table have it."""
        if self.injected:
            return "label injected"
        size = self.network.count("+") + 1
        if size == 1:
            return f"single, {capacity_title(self.capacity)}"
        return "pair" if size == 2 else f"{size} tasks"

    @property
    def title(self) -> str:
        """Name of the network for a reader."""
        fed = f", given the label of {self.injected}" if self.injected else ""
        return f"{self.network} ({capacity_title(self.capacity)} capacity{fed})"


@dataclass(frozen=True)
class Skills:
    """Every network and target of one condition."""

    entries: tuple[Skill, ...]
    sql: str

    @property
    def kinds(self) -> list[str]:
        """Families present: singles, pairs, larger groups by size, injected."""
        found = {
            one.kind: (bool(one.injected), one.network.count("+"), one.capacity or 0.0)
            for one in self.entries
        }
        return sorted(found, key=lambda kind: (found[kind], kind))

    @property
    def failing(self) -> list[Skill]:
        """Networks that do not beat the mean on a target."""
        return [one for one in self.entries if one.beats is False]

    @property
    def compared(self) -> list[Skill]:
        """Entries whose constant is known."""
        return [one for one in self.entries if one.constant is not None]

    def of(self, target: str, kind: str) -> list[Skill]:
        """Return the entries of one cell of the table, worst first."""
        found = [one for one in self.compared if one.target == target and one.kind == kind]
        return sorted(found, key=_worst)

    @property
    def worst_first(self) -> Sequence[Skill]:
        """The first entries of the full list."""
        return sorted(self.compared, key=_worst)[:SHOWN]


def read_skills(connection: duckdb.DuckDBPyConnection, study: Study, condition: str) -> Skills:
    """Read losses and constants of one condition on the study's split."""
    split = study.definition.split
    constant, joined = "NULL", ""
    if has_view(connection, "constants"):
        constant = "any_value(c.loss)"
        joined = "LEFT JOIN constants AS c USING (study, condition, target, split)\n"
    sql = (
        "SELECT target, network, capacity, injected,\n"
        f"  avg(l.loss ORDER BY seed) AS loss, {constant} AS constant, count(*) AS seeds\n"
        f"FROM losses AS l\n{joined}WHERE {study.where(condition)} AND {equals(split=split)}\n"
        "GROUP BY target, network, capacity, injected\n"
        "ORDER BY target, network, capacity, injected"
    )
    return Skills(tuple(_skill(r) for r in ask(connection, sql).rows if r["loss"] is not None), sql)


def _skill(row: Row) -> Skill:
    return Skill(**{**row, "injected": row["injected"] or ""})


def _worst(one: Skill) -> tuple[float, str, str, float, str]:
    skill = one.value if one.value is not None else 0.0
    return (skill, one.target, one.network, one.capacity or 0.0, one.injected)
