"""Convolutions of few pixels and many channels, as one matrix product a tap.

A tap is a position of the kernel: where it falls on the map it takes some pixels of the input to as
many of the output, by one matrix of input and output channels. On 2x2 pixels a 3x3 kernel has five
taps of nine off the map at every pixel; a general convolution multiplies by that padding too, and
oneDNN's gradient of many weights over few pixels is slow besides. Forward and backward, 32 images,
512 to 512 channels on 2x2 pixels: 33.5 ms and 11.1 in float32, 13.5 and 4.3 in bfloat16; 448 to 448
on 4x4: 41 and 25, 19.5 and 11.7 (a core of an AMD EPYC with AVX-512 and bf16 units, torch 2.15).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from specbench.nets.multiply import multiply, precise

MOST_SIDE = 4
"""Pixels of the side of the output."""
LEAST_WEIGHTS = 1 << 15
"""Input times output channels."""

Reach = tuple[int, slice, slice]
"""A row (or column) of the kernel, the rows of the output it reaches, those of the input it takes
to them."""


class TapConv2d(nn.Conv2d):
    """A convolution without bias that goes tap by tap where its output has few pixels.

    Only on a CPU in float32; otherwise, and on larger maps, it is PyTorch's.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, outputs, h, w) of (N, inputs, H, W)."""
        few = max(reached(self, x.shape[2], 0), reached(self, x.shape[3], 1)) <= MOST_SIDE
        read = precise(x, self.weight) if few else None
        if read is None:
            return super().forward(x)
        found: Tensor = _ByTaps.apply(*read, self.stride, self.padding)
        return found


def reached(convolution: nn.Conv2d, size: int, axis: int) -> int:
    """Return the side of the output of a map of side ``size``."""
    padding, kernel = int(convolution.padding[axis]), convolution.kernel_size[axis]
    return (size + 2 * padding - kernel) // convolution.stride[axis] + 1


def suits_taps(layer: nn.Module) -> bool:
    """Tell whether ``layer`` is one that :class:`TapConv2d` can stand for, of channels enough."""
    return (
        type(layer) is nn.Conv2d
        and layer.bias is None
        and layer.groups == 1
        and layer.dilation == (1, 1)
        and layer.kernel_size != (1, 1)
        and layer.in_channels * layer.out_channels >= LEAST_WEIGHTS
    )


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
            product = multiply(taken.reshape(-1, x.shape[1]), weight[:, :, down, right])
            output[:, rows, columns] += product.view(*taken.shape[:3], -1)
        return output.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, towards: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        outputs, inputs, *kernel = weight.shape
        pixels, towards = x.permute(0, 2, 3, 1), towards.permute(0, 2, 3, 1)
        to_x = pixels.new_zeros(pixels.shape) if ctx.needs_input_grad[0] else None
        # In channels-last order, as the weights are: so the optimiser need not copy it.
        to_weight = weight.new_zeros(outputs, *kernel, inputs) if ctx.needs_input_grad[1] else None
        for (down, rows, from_rows), (right, columns, from_columns) in _taps(x, weight, ctx.how):
            given = towards[:, rows, columns].reshape(-1, outputs)
            taken = pixels[:, from_rows, from_columns]
            if to_x is not None:
                back = multiply(given, weight[:, :, down, right].T).view(taken.shape)
                to_x[:, from_rows, from_columns] += back
            if to_weight is not None:
                taken = taken.reshape(-1, inputs)
                to_weight[:, down, right] = multiply(given.T, taken.T)
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
