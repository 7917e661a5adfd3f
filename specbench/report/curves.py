"""Learning curves: validation loss by epoch of the networks a reader compares."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from specbench.report.gains import GainMatrix
from specbench.report.query import Row, ask, equals, literal
from specbench.report.study import Study
from specbench.report.vocabulary import capacity_title

TARGETS = 24  # panels on a page at most
EPOCHS = 200  # points on a line at most


@dataclass(frozen=True)
class Curve:
    """One line: mean over seeds by epoch, between the lowest and the highest seed."""

    role: str
    network: str
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Course:
    """The curves of one target."""

    target: str
    curves: tuple[Curve, ...]
    sql: str


def read_courses(
    connection: duckdb.DuckDBPyConnection, study: Study, gains: GainMatrix
) -> list[Course]:
    """Read, per target, its single nets, its best and worst pair net and the largest net."""
    courses = [_course(connection, study, gains, target) for target in study.tasks[:TARGETS]]
    return [course for course in courses if course.curves]


def _course(
    connection: duckdb.DuckDBPyConnection, study: Study, gains: GainMatrix, target: str
) -> Course:
    roles = _roles(study, gains, target)
    networks = ", ".join(literal(network) for network in sorted(roles))
    sql = (
        "SELECT network, capacity, epoch, avg(loss ORDER BY seed) AS mean,\n"
        "  min(loss) AS low, max(loss) AS high\n"
        f"FROM curves\nWHERE {study.where(gains.condition)} AND injected = ''\n"
        f"  AND {equals(target=target, split='val')} AND network IN ({networks})\n"
        "GROUP BY network, capacity, epoch ORDER BY network, capacity, epoch"
    )
    lines: dict[tuple[str, float], list[Row]] = {}
    for row in ask(connection, sql).rows:
        if row["mean"] is not None:
            lines.setdefault((row["network"], row["capacity"]), []).append(row)
    curves = [
        _curve(_role(roles[network], capacity), network, rows)
        for (network, capacity), rows in lines.items()
    ]
    return Course(target, tuple(sorted(curves, key=lambda curve: _place(curve.role))), sql)


def _roles(study: Study, gains: GainMatrix, target: str) -> dict[str, str]:
    """Return what each network to draw is to the target."""
    roles = {target: "single"}
    row = sorted(gains.row(target), key=lambda cell: (cell.mean, cell.partner))
    if row:
        roles[row[0].joint] = "worst partner"
        roles[row[-1].joint] = "best partner" if len(row) > 1 else "pair"
    if len(study.tasks) > 2:
        roles["+".join(sorted(study.tasks))] = "all tasks"
    return roles


def _role(role: str, capacity: float | None) -> str:
    return f"single, {capacity_title(capacity)}" if role == "single" else role


def _place(role: str) -> tuple[int, str]:
    order = ("single, half", "single, full", "best partner", "pair", "worst partner", "all tasks")
    return (order.index(role) if role in order else len(order), role)


def _curve(role: str, network: str, rows: list[Row]) -> Curve:
    step = -(-len(rows) // EPOCHS)
    kept = [row for place, row in enumerate(rows) if place % step == 0 or row is rows[-1]]
    return Curve(
        role,
        network,
        tuple(row["epoch"] for row in kept),
        tuple(row["mean"] for row in kept),
        tuple(row["low"] for row in kept),
        tuple(row["high"] for row in kept),
    )
