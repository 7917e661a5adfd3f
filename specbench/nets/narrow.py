"""Convolutions from many channels to few, as one matrix product and shifted sums.

A decoder ends so: 3x3 from dozens of channels to one or three. oneDNN fills the width of a core
with outputs, of which there are too few. Here every pixel is multiplied by all taps at once, and
the products, small maps, are summed where they fall. Forward and backward, 32 images of 32x32
pixels, 112 channels to one: 12.1 ms and 3.1 in float32, 7.9 and 2.0 in bfloat16; to three: 13.0 and
6.0, 7.3 and 4.0 (a core of an AMD EPYC with AVX-512 and bf16 units, torch 2.15).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from specbench.nets.multiply import multiply, precise, rows

LEAST_RATIO = 16
"""Inputs to an output."""


class NarrowConv2d(nn.Conv2d):
    """A convolution to few channels that keeps the map, by a product on a CPU; else PyTorch's."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, outputs, h, w) of (N, inputs, h, w)."""
        read = precise(x, self.weight)
        if read is None:
            return super().forward(x)
        summed: Tensor = _Narrow.apply(*read)
        if self.bias is None:
            return summed
        return summed + self.bias.to(summed.dtype).view(1, -1, 1, 1)


def suits_narrow(layer: nn.Module) -> bool:
    """Tell whether ``layer`` is one that :class:`NarrowConv2d` can stand for, and be faster."""
    return (
        type(layer) is nn.Conv2d
        and layer.in_channels >= LEAST_RATIO * layer.out_channels
        and layer.groups == 1
        and (layer.stride, layer.dilation) == ((1, 1), (1, 1))
        and all(side > 1 and side % 2 for side in layer.kernel_size)
        and layer.padding == tuple(side // 2 for side in layer.kernel_size)
    )


class _Narrow(Function):
    """The convolution of x (N, inputs, H, W) with weights (outputs, inputs, k, k), same padding."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        count, _, height, width = x.shape
        outputs, _, *kernel = weight.shape
        taps = multiply(_by_taps(weight), rows(x)).view(*kernel, outputs, count, height, width)
        summed = x.new_zeros(outputs, count, height, width)
        for row, column, to, taken in _shifts(kernel, (height, width)):
            summed[to] += taps[row, column][taken]
        return summed.transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, towards: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        outputs, inputs, *kernel = weight.shape
        given = towards.transpose(0, 1).contiguous()
        taps = given.new_zeros(*kernel, *given.shape)
        for row, column, to, taken in _shifts(kernel, x.shape[2:]):
            taps[row, column][taken] = given[to]
        taps = taps.view(-1, given[0].numel())
        to_x = to_weight = None
        if ctx.needs_input_grad[0]:
            back = multiply(taps.T, _by_taps(weight).T)
            to_x = back.view(len(x), *x.shape[2:], inputs).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[1]:
            to_weight = multiply(taps, rows(x).T).view(*kernel, outputs, inputs)
            to_weight = to_weight.permute(2, 0, 1, 3).contiguous().permute(0, 3, 1, 2)
        return to_x, to_weight


def _by_taps(weight: Tensor) -> Tensor:
    """Return weights (outputs, inputs, k, k) as (k·k·outputs, inputs)."""
    return weight.permute(2, 3, 0, 1).reshape(-1, weight.shape[1])


Where = tuple[slice, slice, slice, slice]


def _shifts(kernel: Any, size: Any) -> Iterator[tuple[int, int, Where, Where]]:
    """Iterate over the taps: row, column, the part of the output they reach, of the input."""
    every = slice(None)
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            down, across = row - kernel[0] // 2, column - kernel[1] // 2
            to = (every, every, _part(-down, size[0]), _part(-across, size[1]))
            taken = (every, every, _part(down, size[0]), _part(across, size[1]))
            yield row, column, to, taken


def _part(shift: int, size: int) -> slice:
    return slice(max(shift, 0), size + min(shift, 0))
