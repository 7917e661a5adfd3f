"""``mlp``: linear layers for samples that are vectors, such as the rows of a table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn


def mlp_encoder(channels: Sequence[int], features: int, in_channels: int) -> nn.Module:
    """Return a linear layer for each of ``channels``, and one to ``features``.

    Every layer has a batch norm, which takes the place of its bias, and a ReLU.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise((in_channels, *channels, features)):
        linear = nn.Linear(inputs, outputs, bias=False)
        layers.append(nn.Sequential(linear, nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)))
    return nn.Sequential(*layers)
