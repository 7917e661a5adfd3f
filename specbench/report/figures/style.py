"""How figures look, and how they are saved so that the same numbers give the same bytes.

Colours are drawn as the light theme has them. In the SVG each is replaced by a CSS variable of the
page, so one picture serves light, dark and print. Colour never stands alone: every series has a
marker or a dash of its own. The hues follow Okabe and Ito's colour-blind-safe set, darkened until
they keep a contrast of 3:1 on white.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle

INK, MUTED, GRID = "#1b1f24", "#5a6370", "#d5d9df"
SERIES = ("#0069a8", "#c65102", "#00805f", "#a8488a", "#8a6d00", "#3f8fc0", "#7a4a2b", "#5b5bd6")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "<", ">", "h", "*")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
_VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--rule"} | {
    colour: f"--c{place}" for place, colour in enumerate(SERIES)
}
_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "specbench",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # shipped with matplotlib, so widths are the same anywhere
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,  # a task may be called a$b$c
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw with this module's settings, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        for name, value in _SETTINGS.items():
            mpl.rcParams[name] = value  # type: ignore[index]
        yield


def series(place: int) -> dict[str, Any]:
    """Return colour and marker of the series at ``place``; 24 different pairs."""
    return {"color": SERIES[place % len(SERIES)], "marker": MARKERS[place % len(MARKERS)]}


def new(width: float, height: float) -> Figure:
    """Return an empty figure of that size in inches, laid out when it is saved."""
    return Figure(figsize=(width, height), layout="constrained")


def save_pdf(figure: Figure, path: Path) -> Path:
    """Write the figure as PDF without dates."""
    with style():
        metadata = dict.fromkeys(("CreationDate", "Producer", "Creator"))
        figure.savefig(path, format="pdf", metadata=metadata)
    return path


def svg(figure: Figure, name: str, label: str, hover: Mapping[str, str] | None = None) -> str:
    """Return the figure as an SVG element to stand inside a page.

    ``name`` keeps ids apart within a page, ``label`` is read out instead of the picture, ``hover``
    maps the gid of an artist to the text shown over it.
    """
    buffer = io.StringIO()
    with style():
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=metadata)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = _hover(text, hover or {})
    text = _ids(text, name)
    return _theme(_head(text, label)).strip()


def _head(text: str, label: str) -> str:
    box = re.search(r'viewBox="[^"]*"', text)
    width = re.search(r'width="([\d.]+)pt"', text)
    if box is None or width is None:
        raise AssertionError("matplotlib wrote an SVG without size")
    pixels = 1.2 * float(width.group(1)) * 96 / 72
    head = (
        f'<svg class="figure" role="img" aria-label="{escape(label)}" {box.group()} '
        f'style="max-width:{pixels:.0f}px" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return head + text[text.index(">") + 1 :]


def _hover(text: str, hover: Mapping[str, str]) -> str:
    def titled(match: re.Match[str]) -> str:
        said = hover.get(match.group(1))
        return match.group() + (f"<title>{escape(said)}</title>" if said else "")

    return re.sub(r'<g id="([^"]+)">', titled, text)


def _ids(text: str, name: str) -> str:
    """Drop ids that nothing refers to; make the others unique to the figure."""
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    text = re.sub(
        r' id="([^"]+)"',
        lambda match: f' id="{name}-{match.group(1)}"' if match.group(1) in used else "",
        text,
    )
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)


def _theme(text: str) -> str:
    for colour, variable in _VARIABLES.items():
        text = text.replace(f": {colour}", f": var({variable})")
    text = re.sub(r"font: ([^;\"]*?)'DejaVu Sans'[^;\"]*", r"font: \1var(--sans)", text)
    return re.sub(r"\n\s*", "\n", text)


def marker(place: int) -> str:
    """Return the marker of a series as a small SVG element, for a legend in the page."""
    look = series(place)
    path = MarkerStyle(look["marker"])
    shape = path.get_path().transformed(path.get_transform())
    outline = np.asarray(shape.to_polygons()[0], dtype=float)
    points = " ".join(f"{x:.2f},{-y:.2f}" for x, y in outline)
    colour = _VARIABLES[look["color"]]
    reach = float(np.abs(outline).max()) * 1.1
    return (
        f'<svg viewBox="{-reach:.2f} {-reach:.2f} {2 * reach:.2f} {2 * reach:.2f}" '
        f'aria-hidden="true"><polygon points="{points}" style="fill:var({colour})"/></svg>'
    )
