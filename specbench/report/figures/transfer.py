"""Sets of sources drawn: what they bring against what they cost, and their spread over seeds."""

from __future__ import annotations

from collections.abc import Iterator

from specbench.report.figures.labels import name_points
from specbench.report.figures.picture import Picture
from specbench.report.figures.style import GRID, MUTED, new, series, style
from specbench.report.findings import Findings
from specbench.report.numerals import large
from specbench.report.rules.transfer import set_title
from specbench.report.transfer import NONE, OWN_GROUP, Transfer

_KINDS = ("none", "related", "random", "group", "all")


def transfer_figures(found: Findings) -> list[Picture]:
    """Return the figures of every condition that has sets."""
    several = len(list(found.transfers.all())) > 1
    return [
        picture
        for place, one in enumerate(found.transfers.all())
        for picture in _figures(one, place, f", {one.condition}" if several else "")
    ]


def _figures(transfer: Transfer, place: int, words: str) -> Iterator[Picture]:
    points = [
        (name, cost, gain)
        for name in transfer.sets
        if name != OWN_GROUP
        and (cost := transfer.cost(name)) is not None
        and (gain := transfer.gain(name)) is not None
    ]
    if len(points) > 1:
        yield _quality(transfer, points, place, words)
    spreads = [
        (name, row["n_sources"], row["spread"])
        for name in transfer.sets
        if name != OWN_GROUP
        and (row := transfer.at(name)) is not None
        and row["spread"] is not None
    ]
    if len(spreads) > 2:
        yield _spread(transfer, spreads, place, words)


def kind_of(name: str) -> str:
    """Return which kind of set a name stands for."""
    if name in (NONE, "all"):
        return name
    first = name.partition("-")[0]
    return first if first in ("related", "random") else "group"


def _quality(
    transfer: Transfer, points: list[tuple[str, float, float]], place: int, words: str
) -> Picture:
    hover = {}
    with style():
        figure = new(5.6, 3.8)
        axes = figure.add_subplot()
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.grid(color=GRID)
        for number, (name, cost, gain) in enumerate(points):
            gid, look = f"t{number}", series(_KINDS.index(kind_of(name)))
            row = transfer.at(name) or {}
            if row.get("seed_low") is not None:
                ends = [[gain - row["seed_low"]], [row["seed_high"] - gain]]
                axes.errorbar([cost], [gain], ends, color=look["color"], lw=0.9, capsize=2)
            axes.plot([cost], [gain], ls="", ms=8, mew=0, gid=gid, **look)
            hover[gid] = f"{set_title(name)}: {transfer.amount(gain)} at {large(cost)}"
        axes.set_xlabel(
            "multiply-adds of pre-training" if transfer.in_macs else "seconds of pre-training"
        )
        axes.set_ylabel("gain over no pre-training")
        axes.yaxis.set_major_formatter(lambda value, _: transfer.amount(value))
        axes.xaxis.set_major_formatter(lambda value, _: large(value))
        axes.margins(x=0.16, y=0.16)
        name_points(axes, [(set_title(name), cost, gain) for name, cost, gain in points])
    label = "What each set of sources brings against what pre-training on it costs" + words
    return Picture(
        f"transfer_cost_{place}",
        "Quality against cost" + words,
        label,
        figure,
        transfer.sql,
        hover,
    )


def _spread(
    transfer: Transfer, points: list[tuple[str, float, float]], place: int, words: str
) -> Picture:
    with style():
        figure = new(5.6, 3.4)
        axes = figure.add_subplot()
        axes.grid(color=GRID)
        for name, size, spread in points:
            axes.plot([size], [spread], ls="", ms=8, mew=0, **series(_KINDS.index(kind_of(name))))
        axes.set_xlabel("number of sources")
        axes.set_ylabel("standard deviation over seeds")
        axes.yaxis.set_major_formatter(lambda value, _: transfer.amount(value, signed=False))
        axes.locator_params(axis="x", integer=True)
        axes.margins(x=0.14, y=0.14)
        axes.set_ylim(bottom=0)
        name_points(axes, [(set_title(name), size, spread) for name, size, spread in points])
    label = "Spread over seeds of each set of sources, by the number of sources" + words
    return Picture(
        f"transfer_spread_{place}", "Spread over seeds" + words, label, figure, transfer.sql
    )
