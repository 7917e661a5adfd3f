"""Transposed convolutions whose kernel is their stride, as one matrix product.

Each pixel of the input gives a block of the output that no other touches: k·k·outputs numbers, a
row of a product. Forward and backward, 32 images, 512 to 448 channels from 2x2 pixels: 14.2 ms and
3.4 in float32, 7.8 and 2.0 in bfloat16; 112 to 112 from 16x16: 17.9 and 14.2, 11.1 and 7.0 (a core
of an AMD EPYC with AVX-512 and bf16 units, torch 2.15).
"""

from __future__ import annotations

from torch import Tensor, nn

from specbench.nets.multiply import Product, precise, rows

MOST_PIXELS = 256
"""Of the input. On larger maps the copy of the blocks to their places costs more than is won."""


class ProductUp(nn.ConvTranspose2d):
    """Such a convolution, without bias, by a product on a CPU; else PyTorch's own."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Return (N, outputs, k·h, k·w) of (N, inputs, h, w)."""
        read = precise(x, self.weight)
        if read is None or output_size is not None or x.shape[2] * x.shape[3] > MOST_PIXELS:
            return super().forward(x, output_size)
        x, weight = read
        inputs, outputs, side, _ = weight.shape
        blocks = Product.apply(rows(x), weight.permute(0, 2, 3, 1).reshape(inputs, -1))
        count, _, height, width = x.shape
        tiled = blocks.view(count, height, width, side, side, outputs).permute(0, 1, 3, 2, 4, 5)
        output: Tensor = tiled.reshape(count, side * height, side * width, outputs)
        return output.permute(0, 3, 1, 2)


def suits_upward(layer: nn.Module) -> bool:
    """Tell whether ``layer`` is one that :class:`ProductUp` can stand for."""
    return (
        type(layer) is nn.ConvTranspose2d
        and layer.bias is None
        and layer.groups == 1
        and layer.kernel_size == layer.stride
        and layer.kernel_size[0] == layer.kernel_size[1]
        and (layer.padding, layer.output_padding, layer.dilation) == ((0, 0), (0, 0), (1, 1))
    )
