"""The digits that pictures are made of, and which of them each split may use."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from specbench.data.source import Array
from specbench.errors import DataError
from specbench.seeding import numpy_stream

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}
"""Share of the 1,797 digits that each split draws from; none is in two."""

_SHA = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
"""SHA-256 of the levels and classes as bytes, as scikit-learn 1.9 ships them."""


class Digits(NamedTuple):
    """Single digits: ``levels`` uint8 (N, 8, 8) from 0 to 16, ``classes`` uint8 (N,)."""

    levels: Array
    classes: Array


@functools.lru_cache(maxsize=1)
def all_digits() -> Digits:
    """Return scikit-learn's digits; DataError if they are not those that keys stand for."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    digits = Digits(loaded.images.astype(np.uint8), loaded.target.astype(np.uint8))
    found = hashlib.sha256(digits.levels.tobytes() + digits.classes.tobytes()).hexdigest()
    if found != _SHA:
        raise DataError(
            "the digits of the installed scikit-learn are not those that specbench knows",
            "install another release of scikit-learn",
        )
    return digits


@functools.lru_cache(maxsize=2)
def digits_of_splits(seed: int) -> Mapping[str, Digits]:
    """Return the digits that each split draws from, chosen by ``seed``."""
    levels, classes = all_digits()
    order = numpy_stream(seed, "digits", "splits").permutation(len(levels))
    bounds = np.cumsum([round(share * len(order)) for share in SHARES.values()])[:-1]
    parts = np.split(order, bounds)
    return {
        split: Digits(levels[part], classes[part])
        for split, part in zip(SHARES, parts, strict=True)
    }
