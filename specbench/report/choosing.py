"""What a choice of networks costs before the chosen are trained, and what it brings.

A method pays for what it must have trained or computed to choose: HOA for every network of one and
two tasks that it may take, a score for itself, ``optimal`` and ``worst`` for all networks, ESA for
a fifth of each of them. Choosing at random, all tasks in one network, and a network a task cost
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from specbench.report.costs import PASSES, Costs
from specbench.report.query import Asked, ask
from specbench.report.selections import Selections
from specbench.report.study import Study

HOA, TOGETHER = "hoa", "all_in_one"
_FREE = ("random", TOGETHER, "independent")
_EARLY = 1 / 5
"""Part of the training that ESA waits for."""


@dataclass(frozen=True)
class Price:
    """Multiply-adds and seconds of training, means over seeds; None where not known."""

    macs: float | None
    seconds: float | None


@dataclass(frozen=True)
class Choosing:
    """One method: its price, how many times HOA's is higher, and what it brings."""

    method: str
    price: Price
    times: float | None
    """HOA's multiply-adds over the method's; None where either is unknown or it costs nothing."""
    times_seconds: float | None
    lower: tuple[float | None, ...]
    """By limit: the fraction by which the total test loss is below that of all tasks in one."""


@dataclass(frozen=True)
class Printed:
    """What a paper prints of a method, on other data and networks."""

    method: str
    source: str
    lower: float
    times: float


FIFTY = Printed("tag", "Fifty et al. 2021, arXiv 2109.04617, on Taskonomy", 0.100, 11.6)
"""Total test loss against all tasks in one network, and times faster than HOA: the abstract."""


@dataclass(frozen=True)
class ChoosingCosts:
    """All methods under one kind of limit; no rows where HOA's price is not known."""

    kind: str
    limits: tuple[float, ...]
    rows: tuple[Choosing, ...]
    sql: str

    @property
    def printed(self) -> Printed | None:
        """What was printed of a method that stands here."""
        known = {row.method for row in self.rows}
        return FIFTY if {FIFTY.method, HOA} <= known else None


def read_choosing(
    connection: duckdb.DuckDBPyConnection,
    study: Study,
    condition: str,
    selections: Selections,
    costs: Costs,
) -> tuple[ChoosingCosts, ...]:
    """Return what choosing costs and brings, a table for every kind of limit with totals."""
    asked = ask(connection, _sql(study, condition))
    return tuple(
        found
        for kind in selections.kinds()
        if selections.known(kind) and (found := _costs(kind, selections, asked, costs)).rows
    )


def _costs(kind: str, selections: Selections, asked: Asked, costs: Costs) -> ChoosingCosts:
    limits = tuple(selections.budgets(kind))
    trained = _trained(asked, whole=kind == "splits")
    prices = {m: _price(m, trained, costs) for m in selections.methods(kind)}
    hoa = prices.get(HOA, Price(None, None))
    rows = [
        Choosing(
            method,
            price,
            _over(hoa.macs, price.macs),
            _over(hoa.seconds, price.seconds),
            tuple(_lower(selections, kind, method, limit) for limit in limits),
        )
        for method, price in prices.items()
    ]
    return ChoosingCosts(kind, limits, tuple(rows) if hoa.macs else (), asked.sql)


def _trained(asked: Asked, *, whole: bool) -> dict[str, Price]:
    """Return the prices of all networks and of those of one and two tasks.

    ``whole``: only networks of full capacity can be taken.
    """
    found = {}
    for name, most in (("all", 10**9), ("small", 2)):
        kept = [
            row
            for row in asked.rows
            if row["tasks"] <= most and (row["capacity"] == 1 or not whole)
        ]
        found[name] = Price(_sum(kept, "macs"), _sum(kept, "seconds"))
    return found


def _sum(rows: list[dict[str, float | None]], column: str) -> float | None:
    values = [value for row in rows if (value := row[column]) is not None]
    return sum(values) if values and len(values) == len(rows) else None


def _price(method: str, trained: dict[str, Price], costs: Costs) -> Price:
    if method in _FREE:
        return Price(0.0, 0.0)
    if method == HOA:
        return trained["small"]
    if method in costs.by_score:
        return Price(costs.by_score[method].macs, costs.by_score[method].seconds)
    every = trained["all"]
    if method != "esa":
        return every
    return Price(
        None if every.macs is None else _EARLY * every.macs,
        None if every.seconds is None else _EARLY * every.seconds,
    )


def _over(hoa: float | None, price: float | None) -> float | None:
    return hoa / price if hoa and price else None


def _lower(selections: Selections, kind: str, method: str, limit: float) -> float | None:
    row, together = (selections.at(kind, name, limit) for name in (method, TOGETHER))
    if row is None or together is None or row["test_total"] is None or not together["test_total"]:
        return None
    return float(1 - row["test_total"] / together["test_total"])


def _sql(study: Study, condition: str) -> str:
    where = study.where(condition)
    return f"""WITH images AS (
  SELECT max(images) AS images FROM data WHERE {where} AND split = 'train'),
epochs AS (
  SELECT seed, network, capacity, max(epoch) - min(epoch) + 1 AS epochs
  FROM curves WHERE {where} AND injected = '' GROUP BY ALL),
took AS (SELECT key, any_value(seconds) AS seconds FROM jobs WHERE {study.where()} GROUP BY key)
SELECT len(string_split(network, '+')) AS tasks, capacity,
  {PASSES} * any_value(images) * sum(macs::DOUBLE * epochs ORDER BY seed, network)
    / count(DISTINCT seed) AS macs,
  sum(took.seconds ORDER BY seed, network) / count(DISTINCT seed) AS seconds
FROM networks JOIN epochs USING (seed, network, capacity) LEFT JOIN took USING (key), images
WHERE {where} AND injected = ''
GROUP BY tasks, capacity ORDER BY tasks, capacity"""
