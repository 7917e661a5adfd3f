"""A building's style: the woods, fabrics, walls and floors its rooms share."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from specbench.data.rooms.material import Colour, Material, mix, plain, shade

WOODS: tuple[Colour, ...] = (
    (0.78, 0.60, 0.40), (0.62, 0.42, 0.25), (0.45, 0.29, 0.18), (0.86, 0.74, 0.56),
    (0.55, 0.33, 0.22),
)  # fmt: skip
WHITE: Colour = (0.93, 0.93, 0.91)
STEEL: Colour = (0.68, 0.69, 0.71)
BLACK: Colour = (0.08, 0.08, 0.09)
LEAF: Colour = (0.16, 0.42, 0.14)
CLAY: Colour = (0.72, 0.38, 0.24)
CERAMIC = Material("mottle", ((0.90, 0.91, 0.92), (0.97, 0.97, 0.97)), 2.0)
METAL = Material("mottle", ((0.56, 0.57, 0.60), (0.74, 0.75, 0.77)), 0.6)
DARK = plain(BLACK)


def hue(rng: np.random.Generator, saturation: float, value: float) -> Colour:
    """Return a colour of a random hue, a little off the stated saturation and value."""
    red, green, blue = colorsys.hsv_to_rgb(
        float(rng.random()),
        float(np.clip(saturation * rng.uniform(0.7, 1.3), 0, 1)),
        float(np.clip(value * rng.uniform(0.88, 1.12), 0, 1)),
    )
    return (red, green, blue)


@dataclass(frozen=True)
class Style:
    """What the rooms of a building have in common."""

    wood: Colour
    dark_wood: Colour
    accents: tuple[Colour, ...]
    wall: Colour
    wall_pattern: str
    floor_pattern: str
    cupboard: Colour

    def timber(self) -> Material:
        """Return the wood that most furniture is made of."""
        return Material("grain", (shade(self.wood, 0.72), shade(self.wood, 1.08)), 0.7)

    def dark_timber(self) -> Material:
        """Return the second, darker wood."""
        return Material("grain", (shade(self.dark_wood, 0.65), shade(self.dark_wood, 1.1)), 0.7)

    def front(self, colour: Colour | None = None) -> Material:
        """Return a panelled front, one tile a face."""
        base = colour or self.cupboard
        return Material("panels", (shade(base, 0.55), shade(base, 1.05)), 0.0)

    def fabric(self, rng: np.random.Generator) -> Material:
        """Return an upholstery fabric in one of the building's accents."""
        base = self.accents[rng.integers(len(self.accents))]
        pattern = str(rng.choice(["weave", "weave", "plaid", "mottle"]))
        return Material(pattern, (shade(base, 0.7), shade(base, 1.12)), 0.35)

    def cloth(self, rng: np.random.Generator) -> Material:
        """Return a decorated cloth of two accents: stripes, bands, plaid or ornaments."""
        first, second = (self.accents[i] for i in rng.permutation(len(self.accents))[:2])
        pattern = str(rng.choice(["stripes", "bands", "plaid", "damask"]))
        return Material(pattern, (first, mix(second, WHITE, 0.4)), float(rng.uniform(0.5, 0.9)))


def make_style(rng: np.random.Generator) -> Style:
    """Draw a building's style."""
    first, second = rng.permutation(len(WOODS))[:2]
    accents = (hue(rng, 0.5, 0.6), hue(rng, 0.45, 0.66), hue(rng, 0.25, 0.5), hue(rng, 0.12, 0.75))
    cupboard = WHITE if rng.random() < 0.5 else mix(hue(rng, 0.3, 0.7), WHITE, 0.2)
    return Style(
        wood=WOODS[first],
        dark_wood=shade(WOODS[second], 0.75),
        accents=accents,
        wall=mix(hue(rng, 0.2, 0.85), WHITE, 0.45),
        wall_pattern=str(rng.choice(["mottle", "damask", "stripes", "brick"])),
        floor_pattern=str(rng.choice(["planks", "parquet"])),
        cupboard=cupboard,
    )


def room_surfaces(
    style: Style, kind: str, rng: np.random.Generator
) -> tuple[Material, Material, Material, Material]:
    """Return wall, feature wall, floor and ceiling of a room of this kind."""
    ceiling = Material("mottle", ((0.86, 0.86, 0.84), (0.93, 0.93, 0.91)), 3.0)
    tint = mix(style.wall, hue(rng, 0.25, 0.85), 0.3)
    wall = Material("mottle", (shade(tint, 0.93), shade(tint, 1.03)), 2.5)
    wood = mix(style.wood, style.dark_wood, float(rng.uniform(0, 0.6)))
    boards = Material(style.floor_pattern, (shade(wood, 0.5), shade(wood, 1.1)), 1.6)
    if kind == "bathroom":
        tone = mix(hue(rng, 0.35, 0.8), WHITE, 0.4)
        pattern = "tiles" if rng.random() < 0.5 else "subway"
        tiles = Material(pattern, (shade(tone, 0.7), tone), 1.0)
        floor = Material("tiles", ((0.42, 0.43, 0.44), mix(tone, (0.5, 0.5, 0.5), 0.6)), 1.4)
        return tiles, tiles, floor, ceiling
    if kind == "kitchen":
        first, second = ((0.88, 0.86, 0.82), mix(style.accents[0], (0.3, 0.3, 0.3), 0.4))
        floor = Material(str(rng.choice(["checker", "tiles"])), (second, first), 1.6)
        backing = Material("subway", (shade(WHITE, 0.75), mix(style.accents[1], WHITE, 0.7)), 0.8)
        return wall, backing, floor, ceiling
    if kind == "bedroom":
        tone = mix(style.accents[2], (0.8, 0.78, 0.74), 0.6)
        boards = Material("carpet", (shade(tone, 0.8), shade(tone, 1.1)), 0.9)
    pattern = style.wall_pattern
    second = mix(tint, style.accents[3], 0.5) if pattern != "brick" else WHITE
    first = tint if pattern != "brick" else (0.62, 0.32, 0.24)
    feature = Material(pattern, (first, second), 1.4)
    return wall, feature, boards, ceiling
