"""Every score's correlation with its interval, beside the noise ceiling and the same-seed value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from specbench.report.agreement import CROSSED, SAME, Estimate
from specbench.report.figures.picture import Picture
from specbench.report.figures.style import GRID, INK, MUTED, SERIES, new, style
from specbench.report.findings import Findings
from specbench.report.numerals import decimal, interval
from specbench.report.vocabulary import measure_title, score_title

_Fits = tuple[Estimate | None, Estimate | None]
_Row = tuple[str, _Fits]


def forest(found: Findings, measure: str = "pearson") -> Picture | None:
    """Return the figure, or None where no score has a value."""
    rows = [(score, _at(found, score, measure)) for score in found.study.scores]
    rows = [(score, fits) for score, fits in rows if any(fits)]
    if not rows:
        return None
    hover: dict[str, str] = {}
    with style():
        figure = new(4.8, 1.1 + 0.4 * len(rows))
        axes = figure.add_subplot()
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.grid(axis="x", color=GRID)
        for place, (score, (crossed, same)) in enumerate(rows):
            for one, look in ((same, _SAME), (crossed, _CROSSED)):
                if one is not None and one.value is not None:
                    gid = f"f{place}.{one.fit}"
                    _interval(axes, place, one)
                    axes.plot([one.value], [place + _LIFT[one.fit]], ls="", gid=gid, **look)
                    hover[gid] = (
                        f"{score_title(score)}, {_NAMES[one.fit]}: {decimal(one.value)} "
                        f"{interval(one.low, one.high)}"
                    )
            judged = crossed or same
            if judged is not None and judged.ceiling is not None:
                axes.plot([judged.ceiling], [place], ls="", marker="|", ms=15, mew=2.2, color=INK)
        axes.set_yticks(range(len(rows)), [score_title(score) for score, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(measure_title(measure) + " with the gain")
        _legend(axes, rows)
    label = f"{measure_title(measure)} of {len(rows)} scores with the gain; values in the table"
    name = f"agreement_{measure}"
    return Picture(name, measure_title(measure), label, figure, found.agreement.sql, hover)


_CROSSED: dict[str, Any] = {"marker": "o", "ms": 8, "mew": 0, "color": SERIES[0]}
_SAME: dict[str, Any] = {"marker": "D", "ms": 5.5, "mew": 1.3, "mfc": "none", "color": SERIES[1]}
_LIFT = {CROSSED: -0.12, SAME: 0.18}  # the two fits of a score lie one above the other
_NAMES = {CROSSED: "runs of other seeds", SAME: "same runs"}


def _at(found: Findings, score: str, measure: str) -> _Fits:
    main = found.study.main
    pair = [found.agreement.find(score, measure, fit, main) for fit in (CROSSED, SAME)]
    crossed, same = (one if one is not None and one.value is not None else None for one in pair)
    return crossed, same


def _interval(axes: Axes, place: int, one: Estimate) -> None:
    if one.low is None or one.high is None:
        return
    colour = SERIES[0] if one.fit == CROSSED else SERIES[1]
    axes.plot([one.low, one.high], [place + _LIFT[one.fit]] * 2, color=colour, linewidth=1.6)


def _legend(axes: Axes, rows: Sequence[_Row]) -> None:
    shown = [look for look, at in ((_CROSSED, 0), (_SAME, 1)) if any(fits[at] for _, fits in rows)]
    names = {id(_CROSSED): "runs of other seeds", id(_SAME): "same runs"}
    for look in shown:
        axes.plot([], [], ls="", label=names[id(look)], **look)
    if any(one is not None and one.ceiling is not None for _, fits in rows for one in fits):
        axes.plot([], [], ls="", marker="|", ms=11, mew=2.2, color=INK, label="noise ceiling")
    axes.figure.legend(
        loc="outside upper left", ncols=3, handletextpad=0.3, columnspacing=1.0, fontsize=9
    )
