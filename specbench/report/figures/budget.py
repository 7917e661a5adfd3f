"""Total loss of the chosen networks against the budget, one line a method."""

from __future__ import annotations

from specbench.report.figures.picture import Picture
from specbench.report.figures.style import DASHES, GRID, new, series, style
from specbench.report.findings import Findings
from specbench.report.vocabulary import method_title


def budget_curves(found: Findings) -> list[Picture]:
    """Return a figure for every kind of limit with rows."""
    return [_curves(found, kind) for kind in found.selections.kinds()]


def _curves(found: Findings, kind: str) -> Picture:
    chosen = found.selections
    with style():
        figure = new(4.8, 3.9)
        axes = figure.add_subplot()
        axes.grid(color=GRID)
        for place, method in enumerate(chosen.methods(kind)):
            rows = [chosen.at(kind, method, budget) for budget in chosen.budgets(kind)]
            points = [(r["budget"], r["test_total"]) for r in rows if r and r["test_total"]]
            look, dash = series(place), DASHES[place % len(DASHES)]
            title = method_title(method)
            axes.plot(*zip(*points, strict=True), ls=dash, lw=1.6, ms=5, label=title, **look)
        axes.set_xlabel("budget, in standard networks" if kind == "budget" else "networks")
        axes.set_ylabel("total test loss")
        figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    label = f"Total test loss against the {kind}, by method"
    title = "Loss under a budget" if kind == "budget" else "Loss by number of networks"
    return Picture(f"selection_{kind}", title, label, figure, chosen.sql)
