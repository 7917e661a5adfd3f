"""What turns shared features into one task's output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specbench.nets.architecture import ENCODERS, Takes
from specbench.nets.cost import Head, decoder_widths, head_inputs, size_of, takes
from specbench.nets.text.heads import text_head
from specbench.nets.units import conv_norm_relu


class DenseDecoder(nn.Module):
    """Transposed and plain convolutions in turn, to an output of the image's size.

    Standley et al. 2020 have four of each; the last plain one gives the output. What is left to
    the image's size is bridged by bilinear resizing in float32 (in bfloat16 it is several times
    slower on a CPU, and loses digits).
    """

    def __init__(self, content: Mapping[str, Any], outputs: int) -> None:
        super().__init__()
        self.size = size_of(content)
        halvings = ENCODERS[content["encoder"]].halvings
        widths = decoder_widths(content)
        layers: list[nn.Module] = []
        inputs = int(content["features"])
        for block, width in enumerate(widths):
            layers.append(_Up(inputs, width, doubles=block < halvings))
            last = block == len(widths) - 1
            plain = nn.Conv2d(width, outputs, 3, padding=1)
            layers.append(plain if last else conv_norm_relu(width, width, 3))
            inputs = width
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, outputs, size, size) of features (N, features, h, w)."""
        output: Tensor = self.layers(features)
        if output.shape[-1] == self.size:
            return output
        with torch.autocast(output.device.type, enabled=False):
            size = (self.size, self.size)
            return F.interpolate(output.float(), size, mode="bilinear", align_corners=False)


class _Up(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, *, doubles: bool) -> None:
        kernel, stride, padding = (2, 2, 0) if doubles else (3, 1, 1)
        super().__init__(
            nn.ConvTranspose2d(inputs, outputs, kernel, stride, padding, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class SampleHead(nn.Module):
    """A linear layer, for labels of whole samples.

    It reads the mean of an image's features over space, a sequence's at every position, and those
    of a vector as they are.
    """

    def __init__(self, content: Mapping[str, Any], outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(head_inputs(content), outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, outputs) of features (N, features, h, w), (N, features, l), (N, features)."""
        return self.linear(self.reads(features))  # type: ignore[no-any-return]

    @staticmethod
    def reads(features: Tensor) -> Tensor:
        """Return what the linear layer reads of features, (N, inputs)."""
        return features.mean((2, 3)) if features.dim() == 4 else features.flatten(1)


def make_decoder(content: Mapping[str, Any], head: Head) -> nn.Module:
    """Return the decoder of a task with ``head``, in a network described by ``content``.

    ValueError where the label has pixels and what the network is fed has none.
    """
    if takes(content) is Takes.TEXTS:
        return text_head(content, head)
    if not head.dense:
        return SampleHead(content, head.outputs)
    if takes(content) is not Takes.IMAGES:
        raise ValueError(f"a task of pixels cannot be learnt from {takes(content)}")
    return DenseDecoder(content, head.outputs)
