"""What a transfer study found: the quality of every set of sources, its cost, and chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from specbench.report.numerals import decimal, percent
from specbench.report.query import Row, ask, equals, has_view
from specbench.report.study import Study

NONE, ALL, OWN_GROUP = "none", "all", "own group"
_OF_ALL = ""


@dataclass(frozen=True)
class Transfer:
    """The sets of one condition; rows are those of the view ``transfer_sets``."""

    condition: str
    rows: tuple[Row, ...] = ()
    tests: tuple[Row, ...] = ()
    choosing: dict[str, float] = field(default_factory=dict)
    """Multiply-adds of a score for one target, its networks' training included."""
    sql: str = ""
    tests_sql: str = ""
    targets: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def quantity(self) -> str:
        """What quality is told in: ``loss``, ``metric``, or a published metric's name."""
        return str(self.rows[0]["quantity"])

    @property
    def relative(self) -> bool:
        """Whether gains are parts of the loss without pre-training."""
        return self.quantity == "loss"

    def amount(self, value: float, digits: int = 1, *, signed: bool = True) -> str:
        """Return a difference of the quantity as printed: in percent of the loss, or in points."""
        if self.relative:
            return percent(value, digits, signed=signed)
        return f"{decimal(100 * value, digits, signed=signed)} points"

    @property
    def split(self) -> str:
        """The split on which quality is told."""
        return str(self.rows[0]["split"])

    @property
    def sets(self) -> list[str]:
        """Names of the sets: none first, then by size, all last, and own groups behind them."""
        sizes = {row["source_set"]: row["n_sources"] for row in self.rows}
        late = {ALL: 1, OWN_GROUP: 2}
        return sorted(sizes, key=lambda one: (late.get(one, 0), sizes[one], one))

    @property
    def groups(self) -> list[str]:
        """Groups of targets that a row stands for, that of all left out; single ones last."""
        counts = {
            row["target_group"]: row["n_targets"]
            for row in self.rows
            if row["target_group"] != _OF_ALL
        }
        return sorted(counts, key=lambda one: (-counts[one], one))

    def at(self, name: str, group: str = _OF_ALL) -> Row | None:
        """Return the row of a set and a group of targets, all of them by default."""
        for row in self.rows:
            if (row["source_set"], row["target_group"]) == (name, group):
                return row
        return None

    def gain(self, name: str, group: str = _OF_ALL) -> float | None:
        """Return what a set gains over no pre-training."""
        row = self.at(name, group)
        return None if row is None or row["gain"] is None else float(row["gain"])

    def best(self, group: str = _OF_ALL) -> str | None:
        """Return the set of the highest gain that can be trained as such; None if none is known."""
        known = [
            (gain, name)
            for name in self.sets
            if name != OWN_GROUP and (gain := self.gain(name, group)) is not None
        ]
        return max(known, key=lambda one: (one[0], one[1] == NONE))[1] if known else None

    @property
    def related(self) -> list[str]:
        """Sets that are a few sources held for related: by a score, or by group."""
        return [one for one in self.sets if one.startswith("related-") or one == OWN_GROUP]

    @property
    def drawn(self) -> list[str]:
        """Sets drawn at random."""
        return [one for one in self.sets if one.startswith("random-")]

    def cost(self, name: str) -> float | None:
        """Return what pre-training on a set costs: multiply-adds, or seconds where not known."""
        row = self.at(name)
        if row is None:
            return None
        found: float | None = row["pretrain_macs"] if self.in_macs else row["seconds"]
        return found

    @property
    def in_macs(self) -> bool:
        """Whether costs are known in multiply-adds."""
        return any(row["pretrain_macs"] is not None for row in self.rows)


@dataclass(frozen=True)
class Reached:
    """One target under one condition: its metric for the constant, from nothing, and at best."""

    condition: str
    target: str
    metric: str
    higher_is_better: bool
    constant_loss: float | None
    none_loss: float | None
    none: float | None
    best_set: str
    best_loss: float | None
    best: float | None

    @property
    def beats_constant(self) -> bool | None:
        """Whether both losses lie below the constant's; None where one is not known."""
        if self.constant_loss is None or self.none_loss is None or self.best_loss is None:
            return None
        return max(self.none_loss, self.best_loss) < self.constant_loss


@dataclass(frozen=True)
class Transfers:
    """All that a report says of transfer."""

    by_condition: dict[str, Transfer] = field(default_factory=dict)
    reached: tuple[Reached, ...] = ()
    notes: tuple[Row, ...] = ()
    duplicates: tuple[Row, ...] = ()
    sql: str = ""

    def __bool__(self) -> bool:
        return any(self.by_condition.values())

    def all(self) -> Iterator[Transfer]:
        """Yield the conditions that have sets."""
        yield from (one for one in self.by_condition.values() if one)


def read_transfers(connection: duckdb.DuckDBPyConnection, study: Study) -> Transfers:
    """Read everything about transfer; empty where the study is not one of it."""
    if not has_view(connection, "transfer_sets"):
        return Transfers()
    where = study.where()
    names = ask(
        connection, f"SELECT DISTINCT condition FROM transfer_sets WHERE {where} ORDER BY ALL"
    ).rows
    found = {row["condition"] for row in names}
    order = [*(one for one in study.conditions if one in found)]
    order += sorted(found - set(order))
    if not order:
        return Transfers()
    sql = _reached_sql(where)
    notes = ask(connection, f"SELECT * FROM transfer_notes WHERE {where} ORDER BY ALL").rows
    return Transfers(
        {name: _condition(connection, study, name) for name in order},
        tuple(Reached(**row) for row in ask(connection, sql).rows),
        notes,
        _duplicates(connection, study),
        sql=sql,
    )


def _duplicates(connection: duckdb.DuckDBPyConnection, study: Study) -> tuple[Row, ...]:
    """Return the pairs of a source and a target that have texts in common, most first."""
    sql = (
        "SELECT source, target, max(test) AS test, max(duplicates) AS duplicates, "
        f"max(same_label) AS same_label FROM duplicates WHERE {study.where()} "
        "GROUP BY source, target HAVING max(duplicates) > 0 "
        "ORDER BY duplicates DESC, source, target"
    )
    return ask(connection, sql).rows if has_view(connection, "duplicates") else ()


def _condition(connection: duckdb.DuckDBPyConnection, study: Study, name: str) -> Transfer:
    where = study.where(name)
    sql = f"SELECT * FROM transfer_sets WHERE {where} ORDER BY ALL"
    tests = f"SELECT * FROM transfer_tests WHERE {where} ORDER BY ALL"
    targets = f"SELECT DISTINCT target FROM transfers WHERE {where} ORDER BY ALL"
    chosen = (
        # A row has its share of the cost of all ordered pairs of a target and n - 1 sources.
        "SELECT score, avg(macs) AS macs FROM (\n"
        "  SELECT score, seed, target, sum(macs) * (count(*) + 1) AS macs\n"
        f"  FROM scores WHERE {where} GROUP BY ALL\n) GROUP BY score ORDER BY score"
    )
    costs = {row["score"]: row["macs"] for row in ask(connection, chosen).rows}
    return Transfer(
        name,
        ask(connection, sql).rows,
        ask(connection, tests).rows,
        {score: macs for score, macs in costs.items() if macs is not None},
        sql,
        tests,
        tuple(row["target"] for row in ask(connection, targets).rows),
    )


def _reached_sql(where: str) -> str:
    """Return the query for what targets reach: means over seeds of the test split."""
    test = equals(split="test")
    return f"""WITH means AS (
  SELECT condition, target, source_set, metric, avg(value ORDER BY seed) AS value
  FROM transfers WHERE {where} AND {test} GROUP BY ALL),
best AS (
  SELECT condition, target, arg_min(source_set, value) AS source_set, min(value) AS loss
  FROM means WHERE metric = 'loss' GROUP BY ALL),
first AS (
  -- Of a target's metrics that of which more is better, by name.
  SELECT condition, target, any_value(higher_is_better) AS higher, metric
  FROM (SELECT t.condition, t.target, r.metric, r.higher_is_better
        FROM transfer_runs t JOIN result_metric r ON r.key = t.key AND r.target = t.target
        WHERE {where.replace("study", "t.study")})
  GROUP BY condition, target, metric
  QUALIFY row_number() OVER (PARTITION BY condition, target
                             ORDER BY any_value(higher_is_better) DESC, metric) = 1)
SELECT b.condition, b.target, coalesce(f.metric, 'loss') AS metric,
  coalesce(f.higher, false) AS higher_is_better,
  c.loss AS constant_loss, nl.value AS none_loss, coalesce(nm.value, nl.value) AS none,
  b.source_set AS best_set, b.loss AS best_loss, coalesce(bm.value, b.loss) AS best
FROM best b
LEFT JOIN first f USING (condition, target)
LEFT JOIN means nl ON nl.condition = b.condition AND nl.target = b.target
  AND nl.source_set = 'none' AND nl.metric = 'loss'
LEFT JOIN means nm ON nm.condition = b.condition AND nm.target = b.target
  AND nm.source_set = 'none' AND nm.metric = f.metric
LEFT JOIN means bm ON bm.condition = b.condition AND bm.target = b.target
  AND bm.source_set = b.source_set AND bm.metric = f.metric
LEFT JOIN (SELECT condition, target, loss FROM constants WHERE {where} AND {test}) c
  ON c.condition = b.condition AND c.target = b.target
ORDER BY b.target, b.condition"""
