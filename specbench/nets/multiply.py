"""Matrix products on a CPU by oneDNN, and convolutions that may be written as such.

PyTorch hands float32 products to MKL, which does 100 GFLOP/s on a core of an AMD EPYC with AVX-512
where oneDNN does 230; bfloat16 ones it hands to oneDNN itself.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """Return a bᵀ, (m, n), of ``a`` (m, k) and ``b`` (n, k), in any order in memory; no gradient.

    Raises RuntimeError where the shapes do not fit.
    """
    if a.dtype is torch.float32 and torch.backends.mkldnn.enabled and _has_linear():
        operands = _gapless(a), _gapless(b)
        product: Tensor = torch.ops.mkldnn._linear_pointwise(*operands, None, "none", [], "")
        return product
    return a @ b.T


def _gapless(x: Tensor) -> Tensor:
    """Return ``x`` with no gaps between rows or columns: over gaps oneDNN is 1,000 times slower."""
    return x if x.is_contiguous() or x.T.is_contiguous() else x.contiguous()


def _has_linear() -> bool:
    """Tell whether this PyTorch has oneDNN's product as the operator that its compiler calls."""
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return available and hasattr(torch.ops.mkldnn, "_linear_pointwise")


class Product(Function):
    """a b, (m, n), of ``a`` (m, k) and ``b`` (k, n) by ``multiply``, with gradients."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        """Return the product."""
        ctx.save_for_backward(a, b)
        return multiply(a, b.T)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, towards: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return the gradients that are asked for."""
        a, b = ctx.saved_tensors
        to_a = multiply(towards, b) if ctx.needs_input_grad[0] else None
        to_b = multiply(a.T, towards.T) if ctx.needs_input_grad[1] else None
        return to_a, to_b


def precise(x: Tensor, *parameters: Tensor) -> tuple[Tensor, ...] | None:
    """Return ``x`` and ``parameters`` as a convolution on a CPU would read them.

    In bfloat16 under autocast, as they are in float32; None where it is not to be written as a
    product: on other devices and in other precisions.
    """
    if x.device.type != "cpu":
        return None
    if torch.is_autocast_enabled("cpu"):
        if torch.get_autocast_dtype("cpu") is not torch.bfloat16:
            return None
        return tuple(each.to(torch.bfloat16) for each in (x, *parameters))
    return (x, *parameters) if x.dtype is torch.float32 else None


def rows(x: Tensor) -> Tensor:
    """Return the pixels of maps (N, C, H, W) as rows (N·H·W, C); no copy in channels-last order."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
