"""The gain matrix as a picture, for LaTeX and for studies too large for a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from specbench.report.figures.picture import Picture
from specbench.report.figures.style import new, style
from specbench.report.gains import GainMatrix

LOSS, GAIN = "#c65102", "#0069a8"  # the two ends, distinct under every colour blindness
NAMED = 40  # tasks whose names still fit on the axes


def heat(gains: GainMatrix) -> Picture | None:
    """Return the heat map, or None without gains."""
    if not gains.cells:
        return None
    values = np.array([[_value(gains, t, p) for p in gains.tasks] for t in gains.tasks])
    with style():
        side = min(7.0, 2.4 + 0.42 * len(gains.tasks))
        figure = new(side + 0.8, side)
        axes = figure.add_subplot()
        colours = LinearSegmentedColormap.from_list("gain", [LOSS, "#f4f5f7", GAIN])
        end = 100 * gains.largest or 1.0
        image = axes.imshow(values, cmap=colours, vmin=-end, vmax=end)
        _names(axes, gains.tasks)
        axes.set_xlabel("partner")
        axes.set_ylabel("target")
        figure.colorbar(image, ax=axes, label="gain, %", shrink=0.8)
    return Picture("gains", "Gains", "Gain of every ordered pair", figure, gains.sql)


def _value(gains: GainMatrix, target: str, partner: str) -> float:
    cell = gains.of(target, partner)
    return np.nan if cell is None else 100 * cell.mean


def _names(axes: Axes, tasks: Sequence[str]) -> None:
    if len(tasks) > NAMED:
        return
    size = 9 if len(tasks) <= 16 else 6
    axes.set_xticks(range(len(tasks)), tasks, rotation=45, ha="right", fontsize=size)
    axes.set_yticks(range(len(tasks)), tasks, fontsize=size)
