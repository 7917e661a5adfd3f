"""``conv1d``: convolutions along sequences, such as windows of several time series."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from specbench.nets.architecture import CONV1D_KERNEL


def conv1d_encoder(channels: Sequence[int], features: int, in_channels: int) -> nn.Module:
    """Return strided convolutions, one for each of ``channels``, and a projection to ``features``.

    Each of the former halves the sequence; every convolution has a batch norm and a ReLU.
    """
    layers, inputs = [], in_channels
    for outputs in channels:
        layers.append(_along(inputs, outputs, CONV1D_KERNEL, 2))
        inputs = outputs
    return nn.Sequential(*layers, _along(inputs, features, 1, 1))


def _along(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv1d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm1d(outputs), nn.ReLU(inplace=True))
