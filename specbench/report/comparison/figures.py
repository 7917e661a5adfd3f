"""Two figures of a comparison: every score's agreement by study, and gains against gains."""

from __future__ import annotations

from matplotlib.axes import Axes

from specbench.report.comparison.studies import Comparison
from specbench.report.figures.picture import Picture
from specbench.report.figures.style import GRID, MUTED, new, series, style
from specbench.report.numerals import decimal, interval, percent

HOVERED = 400  # points that carry their pair's name


def figures(beside: Comparison) -> list[Picture]:
    """Return what there is to draw: nothing, where the studies share neither scores nor pairs."""
    drawn = [agreement(beside)]
    drawn += [gains(beside, 0, other) for other in beside.places if other]
    return [one for one in drawn if one is not None]


def agreement(beside: Comparison) -> Picture | None:
    """Return every score's correlation with its interval, one colour and marker a study."""
    scores = [s for s in beside.every_score if _known(beside, s)]
    if sum(any(_has(beside, at, s) for s in scores) for at in beside.places) < 2:
        return None
    hover: dict[str, str] = {}
    step = min(0.22, 0.7 / len(beside.found))
    with style():
        figure = new(4.8, 1.0 + (0.16 + 0.13 * len(beside.found)) * len(scores))
        axes = figure.add_subplot()
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.grid(axis="x", color=GRID)
        for at in beside.places:
            look, lift = series(at), step * (at - (len(beside.found) - 1) / 2)
            axes.plot([], [], ls="", ms=7, mew=0, label=beside.names[at], **look)
            for place, score in enumerate(scores):
                one = beside.estimate(at, score)
                if one is None or one.value is None:
                    continue
                if one.low is not None and one.high is not None:
                    axes.plot([one.low, one.high], [place + lift] * 2, color=look["color"], lw=1.6)
                gid = f"s{at}.{place}"
                axes.plot([one.value], [place + lift], ls="", ms=7, mew=0, gid=gid, **look)
                hover[gid] = (
                    f"{beside.title(score)} in {beside.names[at]}: {decimal(one.value)} "
                    f"{interval(one.low, one.high)}"
                )
        axes.set_yticks(range(len(scores)), [beside.title(score) for score in scores])
        axes.set_ylim(len(scores) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Pearson correlation with the gain")
        figure.legend(loc="outside upper left", ncols=1, fontsize=9, handletextpad=0.3)
    label = f"Agreement of {len(scores)} scores with the gain in {len(beside.found)} studies"
    sql = ";\n\n".join(one.agreement.sql for one in beside.found)
    return Picture("agreement", "Agreement of the scores", label, figure, sql, hover)


def gains(beside: Comparison, one: int, other: int) -> Picture | None:
    """Return the gains of shared pairs in two studies, one colour and marker a target."""
    first, second = beside.gains(one), beside.gains(other)
    shared = [pair for pair in first if pair in second]
    if not shared:
        return None
    tasks = [t for t in beside.found[one].study.tasks if any(t == pair[0] for pair in shared)]
    hover: dict[str, str] = {}
    with style():
        figure = new(4.8, 4.0 + 0.22 * -(-len(tasks) // 3))
        axes = figure.add_subplot()
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.grid(color=GRID)
        for place, target in enumerate(tasks):
            mine = [pair for pair in shared if pair[0] == target]
            axes.plot([], [], ls="", ms=7, mew=0, label=target, **series(place))
            for number, pair in enumerate(mine):
                gid = f"g{place}.{number}"
                at = ([100 * first[pair]], [100 * second[pair]])
                axes.plot(*at, ls="", ms=7, mew=0, gid=gid, **series(place))
                if len(shared) <= HOVERED:
                    hover[gid] = (
                        f"{target} with {pair[1]}: {percent(first[pair])} in {beside.names[one]}, "
                        f"{percent(second[pair])} in {beside.names[other]}"
                    )
        _same(axes)
        axes.set_xlabel(f"gain in {beside.names[one]}, %")
        axes.set_ylabel(f"gain in {beside.names[other]}, %")
        figure.legend(loc="outside lower left", ncols=3, fontsize=8.5, handletextpad=0.3)
    label = (
        f"Gains of {len(shared)} shared pairs in {beside.names[one]} and {beside.names[other]}; "
    )
    label += "dashed: the same gain in both"
    sql = f"{beside.found[one].gains.sql};\n\n{beside.found[other].gains.sql}"
    return Picture(f"gains_{other}", "Gains of shared pairs", label, figure, sql, hover)


def _same(axes: Axes) -> None:
    """Draw where both studies would agree, within the limits of the points."""
    axes.margins(0.08)
    limits = axes.get_xlim(), axes.get_ylim()
    axes.axline((0, 0), slope=1, color=MUTED, lw=0.8, ls=(0, (3, 2)))
    axes.set_xlim(*limits[0])
    axes.set_ylim(*limits[1])


def _has(beside: Comparison, at: int, score: str) -> bool:
    return beside.value(at, score) is not None


def _known(beside: Comparison, score: str) -> bool:
    return any(_has(beside, at, score) for at in beside.places)
