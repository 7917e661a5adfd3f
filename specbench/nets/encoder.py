"""What an encoder of the user's own is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specbench.nets.architecture import Architecture

if TYPE_CHECKING:
    from torch import nn

Build = Callable[[Sequence[int], int, int], "nn.Module"]


@dataclass(frozen=True)
class Encoder:
    """An encoder that a study can name in ``networks.encoder``.

    Planning reads ``architecture`` alone, without torch. ``build`` takes the same (channels,
    features, input channels) as its ``units`` and returns the module, with exactly those
    convolutions: it maps images (N, input channels, H, W) to features (N, features, h, w), h and w
    being H and W halved ``architecture.halvings`` times, odd sides rounded up. One that
    ``architecture.takes`` sequences maps (N, input channels, L) to (N, features, l), one that takes
    vectors (N, input channels) to (N, features). Import torch inside its body. It is called once
    for every network, at the channels of the network's capacity; what it sets the weights to is
    not used, since they are drawn from the seed (``specbench.nets.initial``).
    """

    name: str
    version: int
    """Raise it when what it computes changes for a reason outside the file."""
    architecture: Architecture
    build: Build
