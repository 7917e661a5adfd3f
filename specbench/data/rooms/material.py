"""What a surface looks like: a pattern of the atlas and the colours it runs through."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """A pattern whose values 0..1 run through ``colours`` (sRGB, 0..1), evenly spaced.

    ``tile`` is the side in metres of the surface that one tile of the pattern covers; 0 fits one
    tile to each face of a box. ``glow`` is the share of the colour that needs no light.
    """

    pattern: str
    colours: tuple[Colour, ...]
    tile: float = 1.0
    glow: float = 0.0


def plain(colour: Colour, glow: float = 0.0) -> Material:
    """Return a material of one colour, barely mottled."""
    return Material("mottle", (shade(colour, 0.95), shade(colour, 1.03)), 0.8, glow)


def shade(colour: Colour, factor: float) -> Colour:
    """Return ``colour`` made brighter (factor above 1) or darker, kept within 0..1."""
    red, green, blue = (min(1.0, max(0.0, part * factor)) for part in colour)
    return (red, green, blue)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies ``share`` of the way from ``first`` to ``second``."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return (red, green, blue)
