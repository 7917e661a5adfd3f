"""Random streams named by what they are for, never by the order in which they are drawn.

Two networks of one seed therefore share the streams they have in common (order of images, flips,
initial encoder weights), whatever else each of them draws.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def seed_for(seed: int, *names: str | int) -> int:
    """Return the 63-bit seed of the stream ``names`` under the study's ``seed``.

    ``seed_for(0, "order", 3)`` is the batch order of epoch 3 under seed 0. Equal arguments give
    equal seeds on every machine; different ones give unrelated seeds.
    """
    text = json.dumps([seed, *names], ensure_ascii=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def numpy_stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return a fresh NumPy generator for the stream ``names`` under ``seed``."""
    return np.random.default_rng(seed_for(seed, *names))
