"""What a score costs beside measuring every gain by brute force."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from specbench.report.query import ask, literal
from specbench.report.study import Study

PASSES = 3  # a training step costs a forward pass and, for the backward pass, about two more


@dataclass(frozen=True)
class Cost:
    """Cost of one score alone, a mean over seeds; ``share`` is of the brute-force cost."""

    score: str
    macs: float | None
    seconds: float | None
    share: float | None


@dataclass(frozen=True)
class Costs:
    """Costs of all scores of one condition and of brute force, in multiply-adds."""

    by_score: dict[str, Cost]
    brute_force: float | None
    sql: str


def read_costs(connection: duckdb.DuckDBPyConnection, study: Study, condition: str) -> Costs:
    """Read what each score costs alone (its networks' training included), a mean over seeds.

    The rows of a score share its cost out among the pairs. Brute force is the training of every
    single net of the baseline's capacity and of every pair net: multiply-adds of a forward pass x
    ``PASSES`` x training images x epochs (last batches that training drops are counted too).
    """
    asked = ask(connection, _sql(study, condition))
    brute = asked.rows[0]["brute"] if asked.rows else None
    costs = {
        row["score"]: _cost(row["score"], row["macs"], row["seconds"], brute) for row in asked.rows
    }
    return Costs(costs, brute, asked.sql)


def _sql(study: Study, condition: str) -> str:
    where, capacity = study.where(condition), literal(study.definition.capacity)
    return f"""WITH images AS (
  SELECT max(images) AS images FROM data WHERE {where} AND split = 'train'),
epochs AS (
  SELECT seed, network, capacity, max(epoch) - min(epoch) + 1 AS epochs
  FROM curves WHERE {where} AND injected = '' GROUP BY ALL),
brute AS (
  SELECT {PASSES} * images * sum(macs::DOUBLE * epochs ORDER BY seed, network)
    / count(DISTINCT seed) AS macs
  FROM networks JOIN epochs USING (seed, network, capacity), images
  WHERE {where} AND injected = ''
    AND ((network NOT LIKE '%+%' AND capacity = {capacity})
      OR (network LIKE '%+%' AND network NOT LIKE '%+%+%' AND capacity = 1.0))
  GROUP BY images)
SELECT score, avg(macs ORDER BY seed) AS macs, avg(seconds ORDER BY seed) AS seconds,
  (SELECT macs FROM brute) AS brute
FROM (SELECT score, seed, sum(macs ORDER BY target, partner) AS macs,
    sum(seconds ORDER BY target, partner) AS seconds
  FROM scores WHERE {where} GROUP BY score, seed)
GROUP BY score ORDER BY score"""


def _cost(score: str, macs: float | None, seconds: float | None, brute: float | None) -> Cost:
    share = macs / brute if macs is not None and brute else None
    return Cost(score, macs, seconds, share)
