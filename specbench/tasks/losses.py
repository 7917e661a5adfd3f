"""The losses: sums over what is valid, so that means over any set of images are exact."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from specbench.errors import TrainingError
from specbench.tasks.catalogue import OWN_LOSS, Task
from specbench.tasks.labels import Label
from specbench.tasks.registry import definition

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
    the softmax at its class, or of the probability of a binary label ("bce"). Differentiable in
    ``output``, in float32 whatever its type. An invalid pixel changes neither the sum nor any
    gradient, whatever stands there. ``dtype`` float64 adds the float32 losses of pixels up exactly
    enough to tell small changes of a loss.
    """
    output, count = output.float(), label.valid.sum()
    if task.loss == OWN_LOSS:
        return LossSum(_own_loss(task, output, label).sum(dtype=dtype), count)
    if task.loss == "span":
        return LossSum(_span_loss(output, label).sum(dtype=dtype), count)
    if task.loss == "cross_entropy":
        target = torch.where(label.valid, label.value, _IGNORE)
        how = "sum" if dtype is torch.float32 else "none"
        loss = F.cross_entropy(output, target, ignore_index=_IGNORE, reduction=how)
        return LossSum(loss.sum(dtype=dtype), count)
    if task.loss == "bce":
        # Masked before and after, so that an invalid label, whatever it is, leaves no trace.
        known = label.valid[:, None]
        output, target = torch.where(known, output, 0), torch.where(known, label.value, 0)
        loss = F.binary_cross_entropy_with_logits(output, target, reduction="none")
        return LossSum(torch.where(known, loss, 0).sum(dtype=dtype), count)
    # Masking the difference, not the loss, keeps even a NaN out of the backward pass.
    difference = torch.where(label.valid[:, None], output - label.value, 0)
    size = difference.abs() if task.loss == "l1" else difference.square()
    return LossSum(size.sum(dtype=dtype) / task.channels, count)


def _span_loss(output: Tensor, label: Label) -> Tensor:
    """Return minus the logarithm of the chances of an answer's first and last piece, their mean."""
    target = torch.where(label.valid[:, None], label.value[:, :2], _IGNORE)
    ends = [
        F.cross_entropy(output[:, place], target[:, place], ignore_index=_IGNORE, reduction="none")
        for place in (0, 1)
    ]
    return torch.stack(ends).mean(0)


def _own_loss(task: Task, output: Tensor, label: Label) -> Tensor:
    """Return the user's loss of every pixel (or image), 0 where invalid."""
    # Once before and once after, so that nothing the loss makes of an invalid pixel gets out.
    output = torch.where(label.valid[:, None], output, 0)
    found = definition(task).loss(output, label.value, label.valid)
    return torch.where(label.valid, one_each(task, "loss", found, label.valid).float(), 0)


def one_each(task: Task, what: str, found: Any, valid: Tensor) -> Tensor:
    """Return what a user's task computed; TrainingError unless it is one value a pixel or image."""
    if not isinstance(found, Tensor) or found.shape != valid.shape:
        shape = tuple(found.shape) if isinstance(found, Tensor) else repr(found)
        raise TrainingError(
            f"{what} of task {task.name} returned {shape} where valid is {tuple(valid.shape)}",
            "return one value for every pixel, or for every image",
        )
    return found
