"""Total loss of the chosen networks against the budget, one line a method."""

from __future__ import annotations

from specbench.report.figures.picture import Picture
from specbench.report.figures.style import DASHES, GRID, new, series, style
from specbench.report.findings import Findings
from specbench.report.vocabulary import method_title


def budget_curves(found: Findings) -> list[Picture]:
    """Return a figure for every kind of limit under which any total is known."""
    return [
        _curves(found, kind)
        for kind in found.selections.kinds()
        if any(_points(found, kind, method) for method in found.selections.methods(kind))
    ]


def _points(found: Findings, kind: str, method: str) -> list[tuple[float, float]]:
    chosen = found.selections
    rows = [chosen.at(kind, method, budget) for budget in chosen.budgets(kind)]
    return [(r["budget"], r["test_total"]) for r in rows if r and r["test_total"] is not None]


def _curves(found: Findings, kind: str) -> Picture:
    chosen = found.selections
    with style():
        figure = new(4.8, 3.9)
        axes = figure.add_subplot()
        axes.grid(color=GRID)
        for place, method in enumerate(chosen.methods(kind)):
            points = _points(found, kind, method)
            if not points:
                continue
            look, dash = series(place), DASHES[place % len(DASHES)]
            title = method_title(method)
            axes.plot(*zip(*points, strict=True), ls=dash, lw=1.6, ms=5, label=title, **look)
        limits = chosen.budgets(kind)
        if all(limit == int(limit) for limit in limits):
            axes.locator_params(axis="x", integer=True)
        axes.set_xlabel(chosen.unit(kind))
        axes.set_ylabel("total test loss")
        figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    label = f"Total test loss against the {kind}, by method"
    title = "Loss under a budget" if kind == "budget" else "Loss by number of networks"
    return Picture(f"selection_{kind}", title, label, figure, chosen.sql)
