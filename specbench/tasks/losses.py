"""The losses: sums over what is valid, so that means over any set of images are exact."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label

_IGNORE = -100


class LossSum(NamedTuple):
    """A loss summed over valid pixels (or images), float32, and their number, int64."""

    total: Tensor
    valid: Tensor

    def mean(self) -> Tensor:
        """Return the mean loss; 0 where nothing is valid."""
        return self.total / self.valid.clamp(min=1)


def loss_sum(
    task: Task, output: Tensor, label: Label, dtype: torch.dtype = torch.float32
) -> LossSum:
    """Return the loss of ``output`` summed over the valid pixels (or images), and their number.

    A pixel's loss is the mean over channels of |Δ| ("l1") or Δ² ("mse"), or minus the logarithm of
    the softmax at its class. Differentiable in ``output``, in float32 whatever its type. An invalid
    pixel changes neither the sum nor any gradient, whatever stands there. ``dtype`` float64 adds
    the float32 losses of pixels up exactly enough to tell small changes of a loss.
    """
    output, count = output.float(), label.valid.sum()
    if task.loss == "cross_entropy":
        target = torch.where(label.valid, label.value, _IGNORE)
        how = "sum" if dtype is torch.float32 else "none"
        loss = F.cross_entropy(output, target, ignore_index=_IGNORE, reduction=how)
        return LossSum(loss.sum(dtype=dtype), count)
    # Masking the difference, not the loss, keeps even a NaN out of the backward pass.
    difference = torch.where(label.valid[:, None], output - label.value, 0)
    size = difference.abs() if task.loss == "l1" else difference.square()
    return LossSum(size.sum(dtype=dtype) / task.channels, count)
