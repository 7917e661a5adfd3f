"""``conv``: a small plain encoder, quick on a CPU."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from specbench.nets.architecture import CONV_HALVINGS
from specbench.nets.units import conv_norm_relu


def conv_encoder(channels: Sequence[int], features: int, in_channels: int) -> nn.Module:
    """Return 3x3 convolutions, one for each of ``channels``, one more, and a 1x1 to ``features``.

    The first ``CONV_HALVINGS`` halve the map; every convolution has a batch norm and a ReLU.
    """
    layers, inputs = [], in_channels
    for depth, outputs in enumerate(channels):
        stride = 2 if depth < CONV_HALVINGS else 1
        layers.append(conv_norm_relu(inputs, outputs, 3, stride))
        inputs = outputs
    layers.append(conv_norm_relu(inputs, inputs, 3))
    return nn.Sequential(*layers, conv_norm_relu(inputs, features, 1))
