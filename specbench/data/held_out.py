"""A validation split for data sets that come with training and test images only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

SHARE = 0.1


def held_out(units: Iterable[str]) -> set[str]:
    """Return a tenth of the training units, at least one: those whose SHA-256 comes first.

    Units are what is never cut apart: images, scenes or cities. The same names give the same
    choice wherever they lie and in whatever order they come.
    """
    ranked = sorted(set(units), key=lambda unit: hashlib.sha256(unit.encode()).digest())
    return set(ranked[: max(1, round(SHARE * len(ranked)))])
