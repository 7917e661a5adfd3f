"""Score against gain, one panel a score, one colour and marker a target."""

from __future__ import annotations

from matplotlib.lines import Line2D
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


def legend(found: Findings) -> Picture:
    """Return the colours and markers of the targets alone, for a float of panels."""
    tasks = found.study.tasks
    with style():
        figure = new(6.2, 0.15 + 0.24 * -(-len(tasks) // 4))
        marks = [Line2D([], [], ls="", ms=7, mew=0, **series(place)) for place in range(len(tasks))]
        figure.legend(marks, tasks, loc="outside upper center", ncols=4, fontsize=8.5)
    return Picture("scatter_legend", "Targets", "Colours of the targets", figure, "")


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
        axes.ticklabel_format(axis="x", scilimits=(-3, 5))  # long labels would meet
    label = f"Scatter of {title} against the gain, {len(points)} pairs"
    sql = f"{found.scores.sql};\n\n{found.gains.sql}"
    name = f"scatter_{command_name(score)}"
    return Picture(name, title, label, figure, sql, hover)
