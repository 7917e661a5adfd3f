"""What transference-guided steps chose: the share of steps of every candidate over training."""

from __future__ import annotations

from matplotlib.ticker import MaxNLocator

from specbench.report.figures.picture import Picture
from specbench.report.figures.style import DASHES, GRID, SERIES, new, style
from specbench.report.findings import Findings
from specbench.report.methods import Taken

LINES = 8
"""Candidates that get a line; those chosen least are left out and named in the label."""


def choices(found: Findings) -> list[Picture]:
    """Return a panel for every condition whose steps chose between candidates."""
    return [
        _panel(title, _most(taken), len(taken), place, found.methods.taken_sql)
        for place, (title, taken) in enumerate(found.methods.taken)
    ]


def _most(taken: tuple[Taken, ...]) -> list[Taken]:
    often = sorted(taken, key=lambda one: (-sum(one.mean) / len(one.mean), one.candidate))
    return often[:LINES]


def _panel(title: str, shown: list[Taken], candidates: int, place: int, sql: str) -> Picture:
    with style():
        figure = new(5.4, 3.4)
        axes = figure.add_subplot()
        axes.grid(color=GRID)
        for number, one in enumerate(shown):
            look = {"color": SERIES[number % len(SERIES)], "ls": DASHES[number % len(DASHES)]}
            share = [100 * value for value in one.mean]
            axes.plot(one.epochs, share, lw=1.8, label=one.candidate, **look)
            low, high = ([100 * value for value in ends] for ends in (one.low, one.high))
            axes.fill_between(one.epochs, low, high, color=look["color"], alpha=0.1, linewidth=0)
        axes.set_ylim(0, 100)
        axes.set_xlabel("epoch")
        axes.set_ylabel("share of steps, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside lower center", ncols=3, fontsize=8.5)
    means = "; ".join(
        f"{one.candidate} {100 * sum(one.mean) / len(one.mean):.0f} %" for one in shown
    )
    left = f", {candidates - len(shown)} more left out" if candidates > len(shown) else ""
    label = f"Share of steps in which {title} applied each candidate, by epoch ({means}{left})"
    return Picture(f"choices_{place:02d}", title, label, figure, sql)
