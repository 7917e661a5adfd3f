"""Two handwritten digits in one picture, and what can be asked about them; light to import.

The digits are those of scikit-learn's ``load_digits``: 1,797 real ones of 8 × 8 levels, a part of
Alpaydin and Kaynak's "Optical Recognition of Handwritten Digits" (UCI, 1998). They are laid over
each other as in MultiMNIST: one towards the top left, one towards the bottom right, where both have
ink the stronger counts (Sabour et al. 2017, arXiv 1710.09829; as two tasks in Sener and Koltun
2018, arXiv 1810.04650).
"""

from __future__ import annotations

from specbench.data.domains import Domain, Form

DIGITS_VERSION = 1
"""Goes up with every change that changes a picture or a label."""

CANVAS = 64
"""Side of a picture in pixels before it is brought down to ``data.image_size``."""


def _classes(name: str, classes: int, description: str, names: tuple[str, ...] = ()) -> Domain:
    return Domain(name, Form.IMAGE_CLASS, 0, classes, "class", (), description, names)


def _drawn(name: str, description: str) -> Domain:
    return Domain(name, Form.CONTINUOUS, 1, 0, "fraction of full ink", (), description)


_PARITIES = ("even", "odd")

_ALL = (
    Domain("rgb", Form.IMAGE, 3, 0, "level", (), "both digits, white on black"),
    _classes("digit_left", 10, "the digit towards the top left"),
    _classes("digit_right", 10, "the digit towards the bottom right"),
    _classes("digit_sum", 19, "the sum of both digits"),
    _classes("parity_left", 2, "whether the left digit is odd", _PARITIES),
    _classes("parity_right", 2, "whether the right digit is odd", _PARITIES),
    _classes("larger", 3, "which digit is larger", ("left", "neither", "right")),
    _drawn("reconstruct_left", "the left digit alone, at its place"),
    _drawn("reconstruct_right", "the right digit alone, at its place"),
)

DIGIT_DOMAINS: dict[str, Domain] = {domain.name: domain for domain in _ALL}
"""What there is to see and to learn, by name."""
