"""Which networks have convolutions that are computed as matrix products on a CPU.

Light: planning a study reads this file, for the arithmetic decides the last bits of a network, so
that its content says so. How it is done stands in ``specbench.nets.taps`` (few pixels, many
channels: the last stages of a ResNet), ``specbench.nets.upward`` (transposed convolutions that
double a decoder's map) and ``specbench.nets.narrow`` (a decoder's output).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specbench.nets.architecture import Takes
from specbench.nets.cost import takes

VERSION = 2
"""Raise it when an unchanged network would be computed in another order."""


def described(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's content with ``products``, the version, where it has any: on images."""
    plain = {name: value for name, value in content.items() if name != "products"}
    return {**plain, "products": VERSION} if takes(plain) is Takes.IMAGES else plain
