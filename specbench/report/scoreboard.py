"""The tables of scores that page and LaTeX share: who is set beside whom, and what is best.

Rule of the best: the highest value of a column as printed, ties included; no entry is best where a
column has a single value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from specbench.report.agreement import CROSSED, SAME, Estimate
from specbench.report.costs import Cost
from specbench.report.findings import Findings
from specbench.report.query import Row
from specbench.report.vocabulary import measure_title, score_meaning, score_title

MEASURES = ("pearson", "kendall", "spearman")
WHOLE = None  # the column of all pairs at once


@dataclass(frozen=True)
class Line:
    """One score in the table of all scores."""

    score: str
    title: str
    meaning: str
    crossed: Estimate | None
    same: Estimate | None
    judged: Estimate | None
    kendall: Estimate | None
    hits: Estimate | None
    lost: Estimate | None
    cost: Cost | None
    over_seeds: Row | None
    """Interval of the judged value over seeds, from the view ``seed_intervals``."""


@dataclass(frozen=True)
class Grid:
    """One measure by score and target; the column ``None`` is over all pairs."""

    measure: str
    title: str
    targets: tuple[str | None, ...]
    rows: tuple[tuple[str, tuple[Estimate | None, ...]], ...]
    best: frozenset[tuple[int, int]]

    @property
    def known(self) -> bool:
        """Whether there is any value."""
        return any(one and one.value is not None for _, cells in self.rows for one in cells)

    @property
    def by_target(self) -> bool:
        """Whether any target has a value of its own."""
        return any(
            one is not None and one.value is not None
            for _, cells in self.rows
            for one in cells[:-1]
        )

    @property
    def why(self) -> dict[str, list[str]]:
        """Why values are missing."""
        return reasons(
            one for _, cells in self.rows for one in cells if one is not None and one.value is None
        )


def lines(found: Findings, level: str = "pairs") -> list[Line]:
    """Return every score of the study, in its order of display."""
    return [_line(found, score, level) for score in found.study.scores]


def grids(found: Findings) -> list[Grid]:
    """Return a grid for every correlation the store has, for the main condition."""
    measures = found.agreement.measures()
    return [_grid(found, measure) for measure in MEASURES if measure in measures]


def best_of(columns: Iterable[Iterable[float | None]], digits: int) -> frozenset[tuple[int, int]]:
    """Return (row, column) of the entries to print bold."""
    best: set[tuple[int, int]] = set()
    for column, values in enumerate(columns):
        shown = {row: round(v, digits) for row, v in enumerate(values) if v is not None}
        if len(shown) > 1:
            top = max(shown.values())
            best |= {(row, column) for row, value in shown.items() if value == top}
    return frozenset(best)


def reasons(estimates: Iterable[Estimate | None]) -> dict[str, list[str]]:
    """Return why values, intervals or ceilings are missing: reason to the scores it holds for."""
    said: dict[str, list[str]] = {}
    for one in estimates:
        if one is None:
            continue
        for reason in one.missing:
            titles = said.setdefault(reason, [])
            if score_title(one.score) not in titles:
                titles.append(score_title(one.score))
    return said


def _line(found: Findings, score: str, level: str) -> Line:
    main, agreement = found.study.main, found.agreement
    judged = agreement.judged(score, "pearson", main, level=level)
    return Line(
        score=score,
        title=score_title(score),
        meaning=score_meaning(score),
        crossed=agreement.find(score, "pearson", CROSSED, main, level=level),
        same=agreement.find(score, "pearson", SAME, main, level=level),
        judged=judged,
        kendall=agreement.judged(score, "kendall", main, level=level),
        hits=agreement.judged(score, "best_partner_hits", main, level=level),
        lost=agreement.judged(score, "gain_lost", main, level=level),
        cost=found.costs.by_score.get(score),
        over_seeds=found.trust.intervals.get((score, judged.fit))
        if judged and level == "pairs"
        else None,
    )


def _grid(found: Findings, measure: str) -> Grid:
    main, agreement = found.study.main, found.agreement
    targets: tuple[str | None, ...] = (*found.study.tasks, WHOLE)
    rows = tuple(
        (score, tuple(agreement.judged(score, measure, main, target) for target in targets))
        for score in found.study.scores
    )
    columns = [
        [one.value if one is not None else None for one in column]
        for column in zip(*(cells for _, cells in rows), strict=True)
    ]
    return Grid(measure, measure_title(measure), targets, rows, best_of(columns, 2))
