"""Quality against cost: what a score's correlation is paid for with."""

from __future__ import annotations

from matplotlib.axes import Axes

from specbench.report.figures.labels import name_points
from specbench.report.figures.picture import Picture
from specbench.report.figures.style import GRID, MUTED, new, series, style
from specbench.report.findings import Findings
from specbench.report.numerals import decimal, percent
from specbench.report.vocabulary import score_title


def quality_against_cost(found: Findings, measure: str = "pearson") -> Picture | None:
    """Return the figure, or None where costs or values are not known."""
    points = _points(found, measure)
    if not points:
        return None
    hover = {}
    with style():
        figure = new(4.8, 3.3)
        axes = figure.add_subplot()
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.axvline(1, color=MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
        axes.grid(color=GRID)
        for place, (score, share, value) in enumerate(points):
            gid = f"q{place}"
            axes.plot([share], [value], ls="", ms=9, mew=0, gid=gid, **series(place))
            hover[gid] = (
                f"{score_title(score)}: {decimal(value)} at {percent(share, 1, signed=False)} of "
                "the cost of measuring every gain"
            )
        _axis(axes, [share for _, share, _ in points])
        axes.set_xlabel("cost, as a share of measuring every gain")
        axes.set_ylabel("Pearson correlation")
        axes.margins(y=0.18)
        name_points(axes, [(score_title(score), share, value) for score, share, value in points])
    sql = f"{found.costs.sql};\n\n{found.agreement.sql}"
    return Picture(
        "quality_cost", "Quality against cost", "Correlation against cost", figure, sql, hover
    )


def _points(found: Findings, measure: str) -> list[tuple[str, float, float]]:
    points = []
    for score in found.study.scores:
        one = found.agreement.judged(score, measure, found.study.main)
        cost = found.costs.by_score.get(score)
        if one is None or one.value is None or cost is None or cost.share is None:
            continue
        points.append((score, cost.share, one.value))
    return points


def _axis(axes: Axes, shares: list[float]) -> None:
    """Logarithmic above the cheapest score that costs anything, linear down to zero below it."""
    paid = [share for share in shares if share > 0]
    start = min([*paid, 0.5])
    axes.set_xscale("symlog", linthresh=start, linscale=0.6)
    top = max([1.0, *paid])
    ticks = [0.0] + [t for t in (0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10) if start <= t <= top * 1.2]
    axes.set_xticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(-0.25 * start, top * 1.9)
