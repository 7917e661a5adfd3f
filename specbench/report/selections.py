"""Networks chosen under a budget: the total loss each way of choosing reaches."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from specbench.report.query import Row, ask, equals
from specbench.report.study import Study

ASSIGN = "validation"  # the honest assignment; best_on_test is optimistic


@dataclass(frozen=True)
class Selections:
    """Rows on seed means under the honest assignment, by limit kind, method and budget."""

    rows: tuple[Row, ...]
    sql: str

    def kinds(self) -> list[str]:
        """Return the kinds of limit with rows."""
        return sorted({row["limit_kind"] for row in self.rows})

    def methods(self, kind: str) -> list[str]:
        """Return the methods under a kind of limit, the optimal one first."""
        found = {row["method"] for row in self.rows if row["limit_kind"] == kind}
        return sorted(found, key=lambda name: (name != "optimal", name))

    def budgets(self, kind: str) -> list[float]:
        """Return the limits of a kind in rising order."""
        return sorted({row["budget"] for row in self.rows if row["limit_kind"] == kind})

    def at(self, kind: str, method: str, budget: float) -> Row | None:
        """Return the row of one cell."""
        for row in self.rows:
            if (row["limit_kind"], row["method"], row["budget"]) == (kind, method, budget):
                return row
        return None


def read_selections(
    connection: duckdb.DuckDBPyConnection, study: Study, condition: str
) -> Selections:
    """Read the choices made on seed means in one condition."""
    sql = (
        "SELECT limit_kind, method, budget, networks, val_total, test_total, regret, reason\n"
        f"FROM selections\nWHERE {study.where(condition)} AND seed IS NULL\n"
        f"  AND {equals(assign=ASSIGN)}\nORDER BY limit_kind, method, budget"
    )
    return Selections(ask(connection, sql).rows, sql)
