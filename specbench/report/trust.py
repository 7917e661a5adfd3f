"""How far the gains, and what is said of scores, can be trusted: ceilings, variance, intervals."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from specbench.report.query import Row, ask, has_view
from specbench.report.study import Study

PARTS = ("target", "partner", "pair", "condition", "seed")


@dataclass(frozen=True)
class Trust:
    """Rows of the views ``reliability``, ``variance`` and ``seed_intervals``, headline gain."""

    reliability: tuple[Row, ...]
    variance: dict[str | None, dict[str, Row]]
    """By condition (None: all together) and part."""
    intervals: dict[tuple[str, str], Row]
    """Of the main condition, for Pearson, by score and fit."""
    sql: str

    @property
    def single_runs(self) -> bool:
        """Whether every network was trained once."""
        return bool(self.reliability) and all(row["n_seeds"] < 2 for row in self.reliability)

    @property
    def by_condition(self) -> list[tuple[str, Row, Row]]:
        """Each condition with its ceiling for the mean of all seeds, and of all but one."""
        names = dict.fromkeys(row["condition"] for row in self.reliability)
        found = []
        for name in names:
            rows = [row for row in self.reliability if row["condition"] == name]
            rows.sort(key=lambda row: row["averaged"])
            found.append((name, rows[-1], rows[0]))
        return found

    @property
    def reasons(self) -> list[str]:
        """Why something is not estimable."""
        rows = [*self.reliability, *(one for parts in self.variance.values() for one in
                parts.values())]  # fmt: skip
        return list(dict.fromkeys(row["reason"] for row in rows if row["reason"]))


def read_trust(connection: duckdb.DuckDBPyConnection, study: Study) -> Trust:
    """Read what the store says of the headline gain; empty where it says nothing."""
    if not all(has_view(connection, view) for view in ("reliability", "variance")):
        return Trust((), {}, {}, "")
    where = f"{study.where()}\n  AND {study.definition.where()}"
    order = "ORDER BY condition <> 'base', condition"
    reliability = f"SELECT * FROM reliability\nWHERE {where}\n{order}, averaged"
    variance = f"SELECT * FROM variance\nWHERE {where}\n{order} NULLS LAST, part"
    parts: dict[str | None, dict[str, Row]] = {}
    for row in ask(connection, variance).rows:
        parts.setdefault(row["condition"], {})[row["part"]] = row
    return Trust(
        ask(connection, reliability).rows,
        parts,
        _intervals(connection, study),
        f"{reliability};\n\n{variance}",
    )


def _intervals(connection: duckdb.DuckDBPyConnection, study: Study) -> dict[tuple[str, str], Row]:
    if not has_view(connection, "seed_intervals"):
        return {}
    sql = (
        f"SELECT * FROM seed_intervals\nWHERE {study.where(study.main)}\n"
        f"  AND {study.definition.where()} AND measure = 'pearson'\nORDER BY score, fit"
    )
    return {(row["score"], row["fit"]): row for row in ask(connection, sql).rows}
