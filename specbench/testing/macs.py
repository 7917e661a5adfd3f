"""Multiply-adds counted from what a module does, to hold a description against."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def counted_macs(module: nn.Module, images: Tensor) -> int:
    """Return the multiply-adds of convolutions and linear layers in one pass over one sample.

    ``images`` has the shape (1, C, H, W), (1, C, L) or (1, C). The module is left in evaluation
    mode.
    """
    counted = 0

    def count(part: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal counted
        assert isinstance(part.weight, Tensor)
        if isinstance(part, nn.Linear):
            counted += part.weight.numel() * (output[0].numel() // part.out_features)
        else:
            place = inputs[0] if isinstance(part, nn.ConvTranspose2d) else output
            counted += part.weight.numel() * math.prod(place.shape[2:])

    kinds = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    parts = [part for part in module.modules() if isinstance(part, kinds)]
    handles = [part.register_forward_hook(count) for part in parts]
    with torch.inference_mode():
        module.eval()(images)
    for handle in handles:
        handle.remove()
    return counted
