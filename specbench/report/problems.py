"""Jobs that failed or are missing, and networks a gain still waits for: named at the top."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from specbench.report.query import Row, ask
from specbench.report.study import Study

DONE = "done"


@dataclass(frozen=True)
class Work:
    """The jobs of a study: counts by kind and state, and every job that is not done."""

    counts: tuple[Row, ...]
    unfinished: tuple[Row, ...]
    machines: tuple[Row, ...]
    sql: str

    @property
    def total(self) -> int:
        """Number of jobs."""
        return sum(row["jobs"] for row in self.counts)

    @property
    def failed(self) -> list[Row]:
        """Jobs that ended with an error."""
        return [row for row in self.unfinished if row["state"] == "failed"]

    @property
    def missing(self) -> list[Row]:
        """Jobs without a result that did not fail themselves."""
        return [row for row in self.unfinished if row["state"] != "failed"]


def read_work(connection: duckdb.DuckDBPyConnection, study: Study) -> Work:
    """Read states, times and machines of the study's jobs."""
    where = study.where()
    sql = f"SELECT * FROM jobs WHERE {where} AND state <> '{DONE}' ORDER BY state, kind, key"
    counts = (
        "SELECT kind, state, count(*) AS jobs, sum(seconds ORDER BY key) AS seconds\n"
        f"FROM jobs WHERE {where} GROUP BY kind, state ORDER BY kind, state"
    )
    machines = (
        "SELECT coalesce(host, '') AS host, coalesce(device, '') AS device, count(*) AS jobs\n"
        f"FROM jobs WHERE {where} AND state = '{DONE}' GROUP BY ALL ORDER BY ALL"
    )
    return Work(
        ask(connection, counts).rows, ask(connection, sql).rows, ask(connection, machines).rows, sql
    )
