"""Which convolutions have so few pixels that they are computed tap by tap on a CPU.

Light: planning a study reads this file, for the arithmetic decides the last bits of a network, so
that its content says so. How it is done stands in ``specbench.nets.taps``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specbench.nets.architecture import ENCODERS, RESNET_BLOCKS, side
from specbench.nets.cost import encoder_reached

VERSION = 1
"""Raise it when an unchanged network would be computed in another order."""
MOST_SIDE = 4
"""Pixels of the side of the output."""
LEAST_WEIGHTS = 1 << 15
"""Input times output channels. Measured for 3x3 kernels, 32 images, forward and backward, one core
of an AMD EPYC with AVX2, torch 2.15: by taps 3.7 times as fast at 512 x 512 channels on 2x2 pixels,
1.2 times at 256 x 256 on 4x4, slower at 128 x 128 on 3x3."""


def described(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's content with ``few_pixels``, the version, where it has any."""
    plain = {name: value for name, value in content.items() if name != "few_pixels"}
    return {**plain, "few_pixels": VERSION} if has_few_pixels(plain) else plain


def has_few_pixels(content: Mapping[str, Any]) -> bool:
    """Tell whether a network's encoder has such convolutions: a ResNet of up to 128 pixels may."""
    if content["encoder"] not in RESNET_BLOCKS:
        return False
    channels, size = encoder_reached(content).channels, int(content["image_size"])
    units = ENCODERS[content["encoder"]].units(channels, content["features"], 3)
    return any(
        unit.taps > 1
        and unit.inputs * unit.outputs >= LEAST_WEIGHTS
        and side(size, unit.halvings) <= MOST_SIDE
        for unit in units
    )
