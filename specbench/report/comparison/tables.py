"""The numbers side by side as tables to sort, to filter and to save as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from specbench.report.comparison.facts import Fact
from specbench.report.comparison.studies import Comparison
from specbench.report.selections import ASSIGN
from specbench.report.tables import ViewTable

Cells = Sequence[Any]


def side_tables(beside: Comparison, facts: Sequence[Fact]) -> list[ViewTable]:
    """Return every table that has a row; columns of a study begin with its name."""
    every = [
        _table("facts", ["fact", *beside.names], ((f.name, *f.values) for f in facts), ""),
        _agreement(beside),
        _correlations(beside),
        _gains(beside),
        _scores(beside),
        _choices(beside),
        _selections(beside),
    ]
    return [table for table in every if table.total]


def write_csv(table: ViewTable, folder: Path) -> Path:
    """Write ``<folder>/<table>.csv``; an empty cell has no value."""
    path = folder / f"{table.view}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(table.rows)
    return path


def _table(name: str, columns: Sequence[str], rows: Iterator[Cells], sql: str) -> ViewTable:
    held = tuple(tuple(row) for row in rows)
    return ViewTable(name, tuple(columns), held, len(held), sql)


def _heads(beside: Comparison, *parts: str) -> list[str]:
    return [f"{name} {part}" for name in beside.names for part in parts]


def _sql(*texts: str) -> str:
    return ";\n\n".join(dict.fromkeys(texts))


def _agreement(beside: Comparison) -> ViewTable:
    parts = ("value", "low", "high", "p", "p_corrected", "ceiling", "fit", "n_pairs", "n_seeds")

    def rows() -> Iterator[Cells]:
        for score in beside.every_score:
            row: list[Any] = [beside.title(score)]
            for at in beside.places:
                one = beside.estimate(at, score)
                row += [getattr(one, part) if one is not None else None for part in parts]
            yield row

    columns = ["score", *_heads(beside, *parts)]
    return _table("agreement", columns, rows(), _sql(*(f.agreement.sql for f in beside.found)))


def _correlations(beside: Comparison) -> ViewTable:
    def rows() -> Iterator[Cells]:
        for one, other in beside.couples:
            between = (beside.names[one], beside.names[other])
            yield ("gain", *between, *beside.gains_agree(one, other))
            for score in beside.every_score:
                if beside.values(one, score) and beside.values(other, score):
                    yield (beside.title(score), *between, *beside.values_agree(score, one, other))

    columns = ["values of", "one", "other", "pearson", "shared pairs"]
    sql = _sql(*(text for one in beside.found for text in (one.gains.sql, one.scores.sql)))
    return _table("correlations", columns, rows(), sql)


def _gains(beside: Comparison) -> ViewTable:
    def rows() -> Iterator[Cells]:
        for pair in beside.any_pairs:
            cells = [one.gains.of(*pair) for one in beside.found]
            yield (
                *pair,
                *(x for c in cells for x in ((c.mean, c.spread) if c else (None, None))),
            )

    columns = ["target", "partner", *_heads(beside, "gain", "sd")]
    return _table("gains", columns, rows(), _sql(*(one.gains.sql for one in beside.found)))


def _scores(beside: Comparison) -> ViewTable:
    def rows() -> Iterator[Cells]:
        for score in beside.every_score:
            known = [beside.values(at, score) for at in beside.places]
            held = [pair for values in known for pair in values]
            for pair in dict.fromkeys(held):
                if held.count(pair) > 1:
                    yield (beside.title(score), *pair, *(values.get(pair) for values in known))

    columns = ["score", "target", "partner", *beside.names]
    return _table("scores", columns, rows(), _sql(*(one.scores.sql for one in beside.found)))


def _choices(beside: Comparison) -> ViewTable:
    """Return the partners that scores choose for the tasks that all studies have."""

    def rows() -> Iterator[Cells]:
        for score in beside.scores:
            for target in beside.tasks:
                made = [beside.choice(at, score, target) for at in beside.places]
                if None in made:
                    continue
                cells = [(", ".join(c.chosen), ", ".join(c.best), c.lost) for c in made if c]
                yield (beside.title(score), target, *(part for cell in cells for part in cell))

    columns = ["score", "target", *_heads(beside, "chosen", "best", "gain lost")]
    sql = _sql(*(text for one in beside.found for text in (one.scores.sql, one.gains.sql)))
    return _table("choices", columns, rows(), sql)


def _selections(beside: Comparison) -> ViewTable:
    """Return the networks chosen under limits that all studies set."""
    parts = ("networks", "test_total", "regret")

    def rows() -> Iterator[Cells]:
        first = beside.found[0].selections
        for kind in first.kinds():
            for method in first.methods(kind):
                for budget in first.budgets(kind):
                    made = [o.selections.at(kind, method, budget, ASSIGN) for o in beside.found]
                    if None not in made:
                        cells = [row[part] for row in made if row is not None for part in parts]
                        yield (kind, budget, method, *cells)

    columns = ["limit", "budget", "method", *_heads(beside, *parts)]
    return _table("selections", columns, rows(), _sql(*(o.selections.sql for o in beside.found)))
