"""Convolutions of few pixels and many channels, as one matrix product a tap.

A tap is a position of the kernel: where it falls on the map it takes some pixels of the input to as
many of the output, by one matrix of input and output channels. On 2x2 pixels a 3x3 kernel has five
taps of nine off the map at every pixel; a general convolution multiplies by that padding too, and
oneDNN takes the gradient of 512 x 512 weights there at 9 GFLOP/s on a core that does 90. That was
half of the backward pass of ResNet-18 at 64 pixels: tap by tap the encoder's backward pass is 1.9
times as fast, a training step of one task 1.3 times (a core of an AMD EPYC, AVX2, torch 2.15).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from specbench.nets.few_pixels import LEAST_WEIGHTS, MOST_SIDE

Reach = tuple[int, slice, slice]
"""A row (or column) of the kernel, the rows of the output it reaches, those of the input it takes
to them."""


class TapConv2d(nn.Conv2d):
    """A convolution without bias that goes tap by tap where its output has few pixels.

    Only on a CPU in float32; otherwise, and on larger maps, it is PyTorch's.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, outputs, h, w) of (N, inputs, H, W)."""
        by_taps = (
            x.device.type == "cpu"
            and x.dtype is torch.float32
            and not torch.is_autocast_enabled("cpu")
            and max(reached(self, x.shape[2], 0), reached(self, x.shape[3], 1)) <= MOST_SIDE
        )
        if not by_taps:
            return super().forward(x)
        found: Tensor = _ByTaps.apply(x, self.weight, self.stride, self.padding)
        return found


def reached(convolution: nn.Conv2d, size: int, axis: int) -> int:
    """Return the side of the output of a map of side ``size``."""
    padding, kernel = int(convolution.padding[axis]), convolution.kernel_size[axis]
    return (size + 2 * padding - kernel) // convolution.stride[axis] + 1


def take_taps(module: nn.Module) -> None:
    """Give those convolutions of ``module`` to :class:`TapConv2d` that have channels enough."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Conv2d and _suits(child):
                setattr(parent, name, _tapped(child))


def _suits(convolution: nn.Conv2d) -> bool:
    taps = convolution.kernel_size[0] * convolution.kernel_size[1]
    channels = convolution.in_channels * convolution.out_channels
    plain = convolution.groups == 1 and convolution.dilation == (1, 1)
    return taps > 1 and channels >= LEAST_WEIGHTS and plain and convolution.bias is None


def _tapped(plain: nn.Conv2d) -> TapConv2d:
    with torch.device("meta"):
        tapped = TapConv2d(
            plain.in_channels,
            plain.out_channels,
            plain.kernel_size,  # type: ignore[arg-type]
            plain.stride,  # type: ignore[arg-type]
            plain.padding,  # type: ignore[arg-type]
            bias=False,
        )
    tapped.weight = plain.weight
    return tapped


class _ByTaps(Function):
    """The convolution of x (N, inputs, H, W) with weights (outputs, inputs, kernel, kernel)."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int]
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.how = stride, padding
        pixels = x.permute(0, 2, 3, 1)
        height, width = (
            (x.shape[2 + axis] + 2 * padding[axis] - weight.shape[2 + axis]) // stride[axis] + 1
            for axis in (0, 1)
        )
        output = x.new_zeros(len(x), height, width, len(weight))
        for (down, rows, from_rows), (right, columns, from_columns) in _taps(x, weight, ctx.how):
            taken = pixels[:, from_rows, from_columns]
            output[:, rows, columns] += taken @ weight[:, :, down, right].T
        return output.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, towards: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        outputs, inputs, *kernel = weight.shape
        pixels, towards = x.permute(0, 2, 3, 1), towards.permute(0, 2, 3, 1)
        to_x = torch.zeros_like(pixels) if ctx.needs_input_grad[0] else None
        # In channels-last order, as the weights are: so the optimiser need not copy it.
        to_weight = weight.new_zeros(outputs, *kernel, inputs) if ctx.needs_input_grad[1] else None
        for (down, rows, from_rows), (right, columns, from_columns) in _taps(x, weight, ctx.how):
            given = towards[:, rows, columns].reshape(-1, outputs)
            taken = pixels[:, from_rows, from_columns]
            if to_x is not None:
                back = (given @ weight[:, :, down, right]).view(taken.shape)
                to_x[:, from_rows, from_columns] += back
            if to_weight is not None:
                torch.mm(given.T, taken.reshape(-1, inputs), out=to_weight[:, down, right])
        return (
            None if to_x is None else to_x.permute(0, 3, 1, 2),
            None if to_weight is None else to_weight.permute(0, 3, 1, 2),
            None,
            None,
        )


def _taps(
    x: Tensor, weight: Tensor, how: tuple[tuple[int, int], tuple[int, int]]
) -> Iterator[tuple[Reach, Reach]]:
    """Iterate over the taps that fall on the map: their row, and their column."""
    stride, padding = how
    for row in _reach(x.shape[2], weight.shape[2], stride[0], padding[0]):
        for column in _reach(x.shape[3], weight.shape[3], stride[1], padding[1]):
            yield row, column


def _reach(size: int, kernel: int, stride: int, padding: int) -> Iterator[Reach]:
    """Iterate over the rows of a kernel that reach from the map to any row of the output."""
    outputs = (size + 2 * padding - kernel) // stride + 1
    for offset in range(kernel):
        from_row = [row * stride + offset - padding for row in range(outputs)]
        on = [row for row, source in enumerate(from_row) if 0 <= source < size]
        if on:
            taken = slice(from_row[on[0]], from_row[on[-1]] + 1, stride)
            yield offset, slice(on[0], on[-1] + 1), taken
