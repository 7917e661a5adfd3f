"""A figure ready for both outputs: what was drawn, what it says, and the query behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from matplotlib.figure import Figure

from specbench.report.figures.style import save_pdf, svg


@dataclass(frozen=True)
class Picture:
    """One figure; ``name`` is its file name and id, ``title`` stands above it."""

    name: str
    title: str
    label: str
    figure: Figure
    sql: str
    hover: dict[str, str] = field(default_factory=dict)

    @cached_property
    def svg(self) -> str:
        """The SVG element, to be put into a page unescaped."""
        return svg(self.figure, self.name, self.label, self.hover)

    def pdf(self, folder: Path) -> Path:
        """Write ``<folder>/<name>.pdf``."""
        return save_pdf(self.figure, folder / f"{self.name}.pdf")
