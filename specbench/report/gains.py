"""The gain of every ordered pair: mean over seeds, spread, and the networks behind it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, stdev

import duckdb

from specbench.names import join
from specbench.report.query import Row, ask
from specbench.report.study import Study


@dataclass(frozen=True)
class Gain:
    """One cell of the gain matrix; fractions; ``by_seed`` holds what was measured."""

    target: str
    partner: str
    by_seed: tuple[tuple[int, float], ...]

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return fmean(value for _, value in self.by_seed)

    @property
    def spread(self) -> float | None:
        """Standard deviation over seeds; None with a single one."""
        return stdev(v for _, v in self.by_seed) if len(self.by_seed) > 1 else None

    @property
    def steady(self) -> bool:
        """Whether every seed agrees on the sign."""
        signs = {value > 0 for _, value in self.by_seed}
        return len(signs) == 1

    @property
    def joint(self) -> str:
        """Name of the network the two tasks share."""
        return join([self.target, self.partner])


@dataclass(frozen=True)
class GainMatrix:
    """Gains of one condition under the study's headline definition."""

    condition: str
    tasks: tuple[str, ...]
    cells: dict[tuple[str, str], Gain]
    sql: str

    def of(self, target: str, partner: str) -> Gain | None:
        """Return the gain of ``target`` with ``partner``, or None if it was not measured."""
        return self.cells.get((target, partner))

    def row(self, target: str) -> list[Gain]:
        """Return the measured gains of a target, in the order of the tasks."""
        return [cell for p in self.tasks if (cell := self.of(target, p)) is not None]

    def column(self, partner: str) -> list[Gain]:
        """Return the measured gains that a partner brings."""
        return [cell for t in self.tasks if (cell := self.of(t, partner)) is not None]

    @property
    def all(self) -> list[Gain]:
        """Every measured gain, row by row."""
        return [cell for target in self.tasks for cell in self.row(target)]

    @property
    def largest(self) -> float:
        """Largest absolute mean gain, 0 for an empty matrix."""
        return max((abs(cell.mean) for cell in self.all), default=0.0)


def read_gains(connection: duckdb.DuckDBPyConnection, study: Study, condition: str) -> GainMatrix:
    """Read the gain matrix of one condition."""
    sql = (
        "SELECT target, partner, list(seed ORDER BY seed) AS seeds, "
        "list(gain ORDER BY seed) AS gains\n"
        f"FROM gains\nWHERE {study.where(condition)}\n  AND {study.definition.where()}\n"
        "GROUP BY target, partner ORDER BY target, partner"
    )
    cells = [cell for row in ask(connection, sql).rows if (cell := _gain(row)).by_seed]
    return GainMatrix(
        condition, study.tasks, {(cell.target, cell.partner): cell for cell in cells}, sql
    )


def _gain(row: Row) -> Gain:
    runs = zip(row["seeds"], row["gains"], strict=True)
    kept = tuple((seed, value) for seed, value in runs if value is not None)
    return Gain(row["target"], row["partner"], kept)
