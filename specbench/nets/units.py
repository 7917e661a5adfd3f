"""The convolution, batch norm and activation that encoders and decoders are made of."""

from __future__ import annotations

from torch import nn


def conv_norm_relu(
    inputs: int, outputs: int, kernel: int, stride: int = 1, *, relu: bool = True
) -> nn.Sequential:
    """Return a convolution that keeps the map (up to its stride), a batch norm and a ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)
