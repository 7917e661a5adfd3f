"""Learning curves, one panel a target."""

from __future__ import annotations

from matplotlib.ticker import MaxNLocator

from specbench.report.curves import Course
from specbench.report.figures.picture import Picture
from specbench.report.figures.style import DASHES, GRID, SERIES, new, style


def courses(found: list[Course]) -> list[Picture]:
    """Return a panel for every target."""
    return [_panel(course, place) for place, course in enumerate(found)]


_LOOKS = {
    "single, half": (SERIES[0], DASHES[0]),
    "single, full": (SERIES[0], DASHES[2]),
    "best partner": (SERIES[2], DASHES[1]),
    "pair": (SERIES[2], DASHES[1]),
    "worst partner": (SERIES[1], DASHES[3]),
    "all tasks": (SERIES[3], DASHES[2]),
}


def _panel(course: Course, place: int) -> Picture:
    with style():
        figure = new(3.6, 3.2)
        axes = figure.add_subplot()
        axes.grid(color=GRID)
        for curve in course.curves:
            colour, dash = _LOOKS.get(curve.role, (SERIES[4], DASHES[0]))
            axes.plot(curve.epochs, curve.mean, color=colour, ls=dash, lw=1.8, label=curve.role)
            if curve.low != curve.high:
                axes.fill_between(
                    curve.epochs, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0
                )
        axes.set_xlabel("epoch")
        axes.set_ylabel("validation loss")
        figure.legend(loc="outside lower center", ncols=2, fontsize=8.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    names = "; ".join(f"{curve.role}: {curve.network}" for curve in course.curves)
    label = f"Validation loss of {course.target} by epoch ({names})"
    return Picture(f"curves_{place:02d}", course.target, label, figure, course.sql)
