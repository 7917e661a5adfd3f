"""Score against gain, one panel a score, one colour and marker a target."""

from __future__ import annotations

from matplotlib.ticker import MaxNLocator

from specbench.report.escape import command_name
from specbench.report.figures.picture import Picture
from specbench.report.figures.style import GRID, MUTED, new, series, style
from specbench.report.findings import Findings
from specbench.report.numerals import decimal, percent
from specbench.report.vocabulary import score_title

HOVERED = 400  # points that carry their pair's name; beyond that a panel is one cloud a target


def scatters(found: Findings) -> list[Picture]:
    """Return a panel for every score with a defined value."""
    present = [score for score in found.study.scores if _points(found, score)]
    return [_scatter(found, score) for score in present]


def _points(found: Findings, score: str) -> list[tuple[str, str, float, float]]:
    values = found.scores.values.get(score, {})
    return [
        (cell.target, cell.partner, values[cell.target, cell.partner], 100 * cell.mean)
        for cell in found.gains.all
        if (cell.target, cell.partner) in values
    ]


def _scatter(found: Findings, score: str) -> Picture:
    points, title = _points(found, score), score_title(score)
    hover = {}
    with style():
        figure = new(3.6, 2.9)
        axes = figure.add_subplot()
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.grid(color=GRID)
        for place, target in enumerate(found.study.tasks):
            mine = [point for point in points if point[0] == target]
            look = series(place)
            if len(points) > HOVERED:
                axes.plot([p[2] for p in mine], [p[3] for p in mine], ls="", ms=3, **look)
                continue
            for number, (_, partner, value, gain) in enumerate(mine):
                gid = f"p{place}.{number}"
                axes.plot([value], [gain], ls="", ms=7, mew=0, gid=gid, **look)
                hover[gid] = (
                    f"{target} with {partner}: {title} {decimal(value, 3)}, "
                    f"gain {percent(gain / 100)}"
                )
        axes.set_xlabel(title)
        axes.set_ylabel("gain, %")
        axes.margins(0.08)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    label = f"Scatter of {title} against the gain, {len(points)} pairs"
    sql = f"{found.scores.sql};\n\n{found.gains.sql}"
    name = f"scatter_{command_name(score)}"
    return Picture(name, title, label, figure, sql, hover)
