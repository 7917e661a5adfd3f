"""Networks chosen under a budget: the total loss each way of choosing reaches."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from specbench.report.query import Row, ask
from specbench.report.study import Study

ASSIGN = "validation"  # the honest assignment; best_on_test is optimistic
OPTIMISTIC = "best_on_test"


@dataclass(frozen=True)
class Selections:
    """Rows on seed means in one condition, by limit kind, method, budget and assignment."""

    rows: tuple[Row, ...]
    sql: str
    cost: str = "capacity"
    """What budgets count: ``capacity`` or ``macs``."""

    def kinds(self) -> list[str]:
        """Return the kinds of limit with rows."""
        return sorted({row["limit_kind"] for row in self.rows})

    def unit(self, kind: str) -> str:
        """Return what the limits of a kind count, for an axis."""
        if kind != "budget":
            return "networks"
        return "budget, in " + ("multiply-adds" if self.cost == "macs" else "standard networks")

    def methods(self, kind: str) -> list[str]:
        """Return the methods under a kind of limit, the optimal one first."""
        found = {row["method"] for row in self.rows if row["limit_kind"] == kind}
        return sorted(found, key=lambda name: (name != "optimal", name))

    def budgets(self, kind: str) -> list[float]:
        """Return the limits of a kind in rising order."""
        return sorted({row["budget"] for row in self.rows if row["limit_kind"] == kind})

    def at(self, kind: str, method: str, budget: float, assign: str = ASSIGN) -> Row | None:
        """Return the row of one cell."""
        sought = (kind, method, budget, assign)
        for row in self.rows:
            if (row["limit_kind"], row["method"], row["budget"], row["assign"]) == sought:
                return row
        return None

    def known(self, kind: str) -> bool:
        """Whether any total is known under a kind of limit."""
        return any(r["test_total"] is not None for r in self.rows if r["limit_kind"] == kind)

    def reasons(self, kind: str) -> dict[str, list[str]]:
        """Return why totals are missing: reason to the methods it holds for."""
        said: dict[str, list[str]] = {}
        for row in self.rows:
            if row["limit_kind"] == kind and row["test_total"] is None and row["reason"]:
                methods = said.setdefault(row["reason"], [])
                if row["method"] not in methods:
                    methods.append(row["method"])
        return said


def read_selections(
    connection: duckdb.DuckDBPyConnection, study: Study, condition: str
) -> Selections:
    """Read the choices made on seed means in one condition."""
    sql = (
        "SELECT limit_kind, method, budget, networks, assign, val_total, test_total, regret, "
        f"reason\nFROM selections\nWHERE {study.where(condition)} AND seed IS NULL\n"
        "ORDER BY limit_kind, method, budget, assign"
    )
    section = study.spec.get("choose")
    cost = str(section.get("cost", "capacity")) if isinstance(section, dict) else "capacity"
    return Selections(ask(connection, sql).rows, sql, cost)
