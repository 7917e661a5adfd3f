"""One picture of two digits: how it is chosen, stored as bytes, drawn and labelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specbench.data.digits import CANVAS, DIGIT_DOMAINS
from specbench.data.digits.material import Digits
from specbench.data.domains import Form
from specbench.data.source import Array, scalar

SIDE = 8
MOST_INK = 16
"""Side and highest level of a digit as scanned."""
ENLARGED = 5
"""Pixels of the canvas along one of a digit's: digits of 40 pixels on a canvas of 64."""
FREEDOM = 7
"""Pixels that a digit may be moved by, along each axis: none to six towards the middle."""

_LENGTH = 2 * (SIDE * SIDE + 1 + 2)


@dataclass(frozen=True)
class Half:
    """One of the two digits: levels (8, 8), class, and its top left corner (row, column)."""

    levels: Array
    digit: int
    corner: tuple[int, int]

    def drawn(self) -> Array:
        """Return the digit alone on the canvas, uint8 (64, 64), black where there is no ink."""
        canvas = np.zeros((CANVAS, CANVAS), np.uint8)
        ink, (row, column) = enlarged(self.levels), self.corner
        canvas[row : row + len(ink), column : column + len(ink)] = ink
        return canvas


@dataclass(frozen=True)
class Pair:
    """What decides a picture and all its labels."""

    left: Half
    right: Half

    def to_bytes(self) -> bytes:
        """Return the pair as bytes: of each half the levels, the class, and the corner."""
        return b"".join(
            half.levels.tobytes() + bytes((half.digit, *half.corner))
            for half in (self.left, self.right)
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Pair:
        """Return the pair that ``to_bytes`` wrote; ValueError for another number of bytes."""
        if len(content) != _LENGTH:
            raise ValueError(f"{len(content)} bytes where a pair of digits has {_LENGTH}")
        left, right = np.frombuffer(content, np.uint8).reshape(2, -1)
        return cls(_half(left), _half(right))

    def value(self, domain: str) -> Array:
        """Return the picture, channels last, or a label, in the form of ``domain``."""
        if domain == "rgb":
            both = np.maximum(self.left.drawn(), self.right.drawn())
            return np.repeat(both[..., None], 3, axis=-1)
        if DIGIT_DOMAINS[domain].form is Form.CONTINUOUS:
            half = self.left if domain == "reconstruct_left" else self.right
            return (half.drawn().astype(np.float32) / 255)[..., None]
        return scalar(self._class(domain))

    def _class(self, domain: str) -> int:
        left, right = self.left.digit, self.right.digit
        return {
            "digit_left": left,
            "digit_right": right,
            "digit_sum": left + right,
            "parity_left": left % 2,
            "parity_right": right % 2,
            "larger": 1 + (right > left) - (left > right),
        }[domain]


def draw_pair(digits: Digits, rng: np.random.Generator) -> Pair:
    """Return two digits drawn with replacement, the left one near the top left corner."""
    left, right = (int(place) for place in rng.integers(len(digits.classes), size=2))
    up, along, down, back = (int(move) for move in rng.integers(FREEDOM, size=4))
    last = CANVAS - ENLARGED * SIDE
    return Pair(
        Half(digits.levels[left], int(digits.classes[left]), (up, along)),
        Half(digits.levels[right], int(digits.classes[right]), (last - down, last - back)),
    )


def _half(row: Array) -> Half:
    levels, (digit, top, side) = row[: SIDE * SIDE], (int(part) for part in row[SIDE * SIDE :])
    return Half(levels.reshape(SIDE, SIDE), digit, (top, side))


def enlarged(levels: Array) -> Array:
    """Return levels (8, 8) five times as large in 0..255, bilinear, with no ink around them.

    In whole numbers, so that every machine draws the same bytes.
    """
    weights = _weights()
    ink = weights @ levels.astype(np.int64) @ weights.T  # in units of 1 / (2 * ENLARGED)²
    full = MOST_INK * (2 * ENLARGED) ** 2
    return ((2 * 255 * ink + full) // (2 * full)).astype(np.uint8)


def _weights() -> Array:
    """Return the weights (40, 8) of a row's levels in each row drawn, in parts of 2 · ENLARGED."""
    unit = 2 * ENLARGED
    drawn = 2 * np.arange(ENLARGED * SIDE)[:, None] + 1
    scanned = unit * np.arange(SIDE)[None] + ENLARGED
    return np.asarray(np.maximum(0, unit - np.abs(drawn - scanned)), dtype=np.int64)
