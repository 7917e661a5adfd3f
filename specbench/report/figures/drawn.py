"""All figures of one study, drawn once for page and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from specbench.report.curves import read_courses
from specbench.report.figures.budget import budget_curves
from specbench.report.figures.choices import choices
from specbench.report.figures.cost import quality_against_cost
from specbench.report.figures.courses import courses
from specbench.report.figures.forest import forest
from specbench.report.figures.heat import heat
from specbench.report.figures.picture import Picture
from specbench.report.figures.scatter import legend, scatters
from specbench.report.figures.transfer import transfer_figures
from specbench.report.findings import Findings


@dataclass(frozen=True)
class Drawn:
    """The figures; None or an empty list where the store has nothing to draw."""

    heat: Picture | None
    forest: Picture | None
    scatters: list[Picture]
    scatter_legend: Picture | None
    quality: Picture | None
    budgets: list[Picture]
    courses: list[Picture]
    choices: list[Picture]
    transfers: list[Picture]

    def all(self) -> Iterator[Picture]:
        """Yield every figure in the order of the report."""
        for one in (self.heat, self.forest, *self.scatters, self.scatter_legend, self.quality):
            if one is not None:
                yield one
        yield from self.budgets
        yield from self.courses
        yield from self.choices
        yield from self.transfers


def draw(connection: duckdb.DuckDBPyConnection, found: Findings) -> Drawn:
    """Draw everything there is to draw of a study."""
    panels = scatters(found)
    return Drawn(
        heat=heat(found.gains),
        forest=forest(found),
        scatters=panels,
        scatter_legend=legend(found) if panels else None,
        quality=quality_against_cost(found),
        budgets=budget_curves(found),
        courses=courses(read_courses(connection, found.study, found.gains)),
        choices=choices(found),
        transfers=transfer_figures(found),
    )
