"""Tables for LaTeX in the layouts of the papers, as rows of cells that are already safe.

The gain matrix follows Table 1 of Azorin et al. (arXiv 2301.02873), the correlations their Tables
2 to 4; pairwise and budget tables follow Standley et al. (ICML 2020).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specbench.report.agreement import CROSSED
from specbench.report.choosing import ChoosingCosts
from specbench.report.escape import latex
from specbench.report.findings import Findings
from specbench.report.gains import Gain
from specbench.report.scoreboard import Grid, best_of, grids, lines
from specbench.report.vocabulary import method_title, score_title

TURNED, LETTERS = 8, 64  # more columns, or longer names in all, get slanted heads
SHORT = 5  # letters of a head that fits over any number
_DASH = "{--}"


@dataclass(frozen=True)
class TexTable:
    """A tabular: LaTeX column letters, one head row, body rows; ``rules`` go before those rows."""

    name: str
    caption: str
    columns: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rules: frozenset[int] = frozenset()


def tex_tables(found: Findings) -> Iterator[TexTable]:
    """Yield every table the study has numbers for."""
    if found.gains.cells:
        yield _gains(found)
        yield _pairs(found)
    if found.agreement.estimates:
        yield _scores(found)
        yield from (_grid(found, grid) for grid in grids(found))
    if found.choices:
        yield _partners(found)
    if len(found.study.conditions) > 1 and found.stability.estimates:
        yield _stability(found)
    yield from (_budgets(found, kind) for kind in found.selections.kinds())
    yield from (_choosing(one) for one in found.choosing)
    if found.skills.compared:
        yield _skills(found)


def number(value: float | None, digits: int, bold: bool = False) -> str:
    """Return a cell of a siunitx column; a dash for None."""
    if value is None:
        return _DASH
    text = f"{0.0 if round(value, digits) == 0 else value:.{digits}f}"
    return rf"\bfseries {text}" if bold else text


def aligned(columns: Sequence[Sequence[float | None]], places: Sequence[int]) -> str:
    """Return siunitx columns wide enough for the values, with so many decimal places each."""
    pairs = zip(columns, places, strict=True)
    return "".join(_aligned(values, digits) for values, digits in pairs)


def _aligned(values: Sequence[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    whole = max((len(f"{abs(value):.{digits}f}") - digits - 1 for value in known), default=1)
    minus = "-" if any(value < 0 for value in known) else ""
    places = f"{whole}.{digits}" if digits else f"{whole}"
    return f"S[table-format={minus}{places}]"


def _heads(names: Sequence[str]) -> list[str]:
    long = max(map(len, names), default=0) > SHORT
    if long and (len(names) > TURNED or sum(map(len, names)) > LETTERS):
        return [rf"{{\rotatebox{{60}}{{{latex(name)}}}}}" for name in names]
    return [f"{{{latex(name)}}}" for name in names]


def matrix(
    name: str,
    caption: str,
    corner: str,
    heads: Sequence[str],
    titles: Sequence[str],
    body: Sequence[Sequence[float | None]],
    digits: int | Sequence[int],
    rules: frozenset[int] = frozenset(),
    best: frozenset[tuple[int, int]] = frozenset(),
) -> TexTable:
    """Return a table of numbers under ``heads``, with a title in front of every row of ``body``.

    ``digits`` are decimal places, for all columns or column by column; a cell of ``best`` is bold.
    """
    columns = list(zip(*body, strict=True)) if body else [()] * len(heads)
    places = [digits] * len(heads) if isinstance(digits, int) else list(digits)
    rows = tuple(
        (latex(title), *(number(v, places[at], (row, at) in best) for at, v in enumerate(values)))
        for row, (title, values) in enumerate(zip(titles, body, strict=True))
    )
    head = (latex(corner), *_heads(heads))
    return TexTable(name, caption, "l" + aligned(columns, places), head, rows, rules)


def _gains(found: Findings) -> TexTable:
    gains, tasks = found.gains, found.study.tasks
    means = [[_percent(gains.of(t, p)) for p in tasks] for t in tasks]
    best = best_of(means, 1)  # the best partner of a target stands in its row
    seeds = len(found.study.seeds) if len(tasks) <= TURNED else 1  # too many to print a spread
    spread = f", mean and standard deviation over {seeds} seeds" if seeds > 1 else ""
    rows = tuple(
        (
            latex(t),
            *(
                part
                for at, p in enumerate(tasks)
                for part in _with_spread(gains.of(t, p), (at, row) in best, seeds > 1)
            ),
        )
        for row, t in enumerate(tasks)
    )
    columns = [_aligned([row[at] for row in means], 1) for at in range(len(tasks))]
    heads = _heads(tasks)
    if seeds > 1:
        heads = [rf"\multicolumn{{2}}{{c}}{head}" for head in heads]
        columns = [rf"{column}@{{\,}}l" for column in columns]
    return TexTable(
        "gains",
        f"Gain in percent of the task in the row when learned with the task in the column{spread}. "
        "Bold: the best partner of a task.",
        "l" + "".join(columns),
        ("", *heads),
        rows,
    )


def _with_spread(cell: Gain | None, bold: bool, spread: bool) -> tuple[str, ...]:
    mean = number(_percent(cell), 1, bold) if cell is not None else "{}"
    if not spread:
        return (mean,)
    by = cell.spread if cell is not None else None
    return (mean, "" if by is None else rf"{{\scriptsize$\pm${100 * by:.1f}}}")


def _percent(cell: Gain | None) -> float | None:
    return None if cell is None else 100 * cell.mean


def _pairs(found: Findings) -> TexTable:
    gains, tasks = found.gains, found.study.tasks
    body = [
        [*(_percent(gains.of(t, p)) for t in tasks), _mean([c.mean for c in gains.column(p)])]
        for p in tasks
    ]
    body.append(
        [
            *(_mean([c.mean for c in gains.row(t)]) for t in tasks),
            _mean([c.mean for c in gains.all]),
        ]
    )
    return matrix(
        "pairs",
        "The same gains in percent, by partner: what the task in the row brings to the task in "
        "the column.",
        "trained with",
        [*tasks, "mean"],
        [*tasks, "mean"],
        body,
        1,
        frozenset({len(tasks)}),
    )


def _mean(fractions: Sequence[float]) -> float | None:
    return 100 * sum(fractions) / len(fractions) if fractions else None


def _scores(found: Findings) -> TexTable:
    shown = lines(found)
    values = [
        [
            line.crossed.value if line.crossed else None,
            line.judged.low if line.judged else None,
            line.judged.high if line.judged else None,
            line.judged.ceiling if line.judged else None,
            line.judged.corrected if line.judged else None,
            line.same.value if line.same else None,
            line.kendall.value if line.kendall else None,
        ]
        for line in shown
    ]
    best = best_of([[row[0] for row in values]], 2)
    return matrix(
        "scores",
        "Correlation of every score with the gain over all pairs: Pearson on runs of other seeds, "
        "the ends of its interval, the noise ceiling, the corrected p value, Pearson on the same "
        "runs (inflated where score and gain share networks), Kendall. Bold: the best.",
        "score",
        ["other seeds", "low", "high", "ceiling", "p", "same runs", "Kendall"],
        [line.title for line in shown],
        values,
        (2, 2, 2, 2, 3, 2, 2),
        best=best,
    )


def _grid(found: Findings, grid: Grid) -> TexTable:
    body = [[one.value if one is not None else None for one in cells] for _, cells in grid.rows]
    crossed = any(one is not None and one.fit == CROSSED for _, row in grid.rows for one in row)
    how = "runs of other seeds where estimable" if crossed else "the same runs"
    return matrix(
        grid.measure,
        f"{grid.title} of score and gain by target, and over all pairs; judged on {how}. "
        "Bold: the best of a column.",
        "score",
        [target if target is not None else "all pairs" for target in grid.targets],
        [score_title(score) for score, _ in grid.rows],
        body,
        2,
        best=grid.best,
    )


def _partners(found: Findings) -> TexTable:
    tasks = found.study.tasks
    scores = [s for s in found.study.scores if any(name == s for name, _ in found.choices)]
    rows = []
    for score in scores:
        chosen = [found.choices.get((score, task)) for task in tasks]
        known = [one for one in chosen if one is not None]
        lost = [None if one is None else 100 * one.lost for one in chosen]
        mean = _mean([one.lost for one in known])
        rows.append([*lost, mean, sum(one.hit for one in known)])
    return matrix(
        "partners",
        "Gain in percentage points given away by the partner that each score would choose "
        "(0: the best partner was found), its mean, and the number of best partners found.",
        "score",
        [*tasks, "mean", "found"],
        [score_title(score) for score in scores],
        rows,
        1,
    )


def _stability(found: Findings) -> TexTable:
    study, stability = found.study, found.stability
    body = [
        [
            one.value if (one := stability.estimates.get((score, condition))) else None
            for condition in study.conditions
        ]
        for score in study.scores
    ]
    best = best_of(zip(*body, strict=True), 2)
    body.append([stability.gains_agree.get(condition) for condition in study.conditions])
    return matrix(
        "stability",
        "Pearson correlation of every score with the gain under each condition; last row: "
        "correlation of the condition's gains with those of the first. Bold: the best.",
        "score",
        study.conditions,
        [*(score_title(score) for score in study.scores), "gains themselves"],
        body,
        2,
        frozenset({len(study.scores)}),
        best,
    )


def _budgets(found: Findings, kind: str) -> TexTable:
    chosen = found.selections
    methods, budgets = chosen.methods(kind), chosen.budgets(kind)
    body = [
        [row["test_total"] if (row := chosen.at(kind, m, b)) else None for b in budgets]
        for m in methods
    ]
    return matrix(
        f"selection_{kind}",
        f"Total test loss of the chosen networks, by {kind} limit.",
        "method",
        [f"{budget:g}" for budget in budgets],
        [method_title(method) for method in methods],
        body,
        4,
    )


def _choosing(one: ChoosingCosts) -> TexTable:
    body = [
        [row.times, row.times_seconds, *(None if x is None else 100 * x for x in row.lower)]
        for row in one.rows
    ]
    unit = "networks" if one.kind == "splits" else "budget"
    return matrix(
        f"choosing_{one.kind}",
        "What choosing costs, how many times less than HOA in multiply-adds and in time, and how "
        "much lower in percent the total test loss is than that of one network of all tasks.",
        "method",
        ["multiply-adds", "time", *(f"{limit:g} {unit}" for limit in one.limits)],
        [method_title(row.method) for row in one.rows],
        body,
        1,
    )


def _skills(found: Findings) -> TexTable:
    skills, tasks = found.skills, found.study.tasks
    body = [
        [
            100 * (cell[0].value or 0.0) if (cell := skills.of(task, kind)) else None
            for kind in skills.kinds
        ]
        for task in tasks
    ]
    return matrix(
        "skill",
        "Skill in percent, 1 minus loss over the loss of the best constant predictor: the worst "
        "network of each kind on each target. Negative: does not beat the mean.",
        "target",
        skills.kinds,
        tasks,
        body,
        1,
    )
