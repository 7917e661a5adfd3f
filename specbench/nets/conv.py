"""``conv``: a small plain encoder, quick on a CPU."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from specbench.nets.units import conv_norm_relu


def conv_encoder(channels: Sequence[int], features: int, in_channels: int) -> nn.Module:
    """Return strided 3x3 convolutions, a 3x3 on the smallest map and a 1x1 to ``features``.

    The map is halved once for each of ``channels``; every convolution has a batch norm and a ReLU.
    """
    layers, inputs = [], in_channels
    for outputs in channels:
        layers.append(conv_norm_relu(inputs, outputs, 3, stride=2))
        inputs = outputs
    layers.append(conv_norm_relu(inputs, inputs, 3))
    return nn.Sequential(*layers, conv_norm_relu(inputs, features, 1))
