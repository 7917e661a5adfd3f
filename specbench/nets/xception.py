"""``xception17`` and ``xception``: the encoders of Standley et al. 2020 (arXiv 1905.07553).

Chollet's Xception (arXiv 1610.02357) with strided 2x2 convolutions for max pooling, without its
exit flow: the map is halved four times. Xception17 has narrower and fewer middle blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from specbench.nets.architecture import MIDDLE_FLOW
from specbench.nets.units import conv_norm_relu


class _Separable(nn.Sequential):
    """A depthwise 3x3 and a pointwise convolution, then a batch norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )


class _Block(nn.Module):
    """Separable convolutions beside a shortcut; ``halves`` ends them in a strided 2x2 one."""

    def __init__(
        self, inputs: int, outputs: int, repeats: int, *, halves: bool, starts_active: bool = True
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for repeat in range(repeats):
            # The first activation must not overwrite the input, which the shortcut reads too.
            if repeat or starts_active:
                layers.append(nn.ReLU(inplace=repeat > 0))
            layers.append(_Separable(inputs if repeat == 0 else outputs, outputs))
        if halves:
            layers.append(nn.Conv2d(outputs, outputs, 2, stride=2))
        self.branch = nn.Sequential(*layers)
        changes = halves or inputs != outputs
        self.shortcut = (
            conv_norm_relu(inputs, outputs, 1, 2 if halves else 1, relu=False)
            if changes
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.branch(x) + self.shortcut(x)  # type: ignore[no-any-return]


def xception_encoder(
    name: str, channels: Sequence[int], features: int, in_channels: int
) -> nn.Module:
    """Return the entry flow, the middle flow and a separable convolution to ``features``."""
    stem, second, *entry = channels
    layers: list[nn.Module] = [
        conv_norm_relu(in_channels, stem, 3, stride=2),
        conv_norm_relu(stem, second, 3),
    ]
    inputs = second
    for depth, outputs in enumerate(entry):
        layers.append(_Block(inputs, outputs, 2, halves=True, starts_active=depth > 0))
        inputs = outputs
    middle, repeats = MIDDLE_FLOW[name]
    layers += [_Block(inputs, inputs, repeats, halves=False) for _ in range(middle)]
    return nn.Sequential(*layers, _Separable(inputs, features), nn.ReLU(inplace=True))
