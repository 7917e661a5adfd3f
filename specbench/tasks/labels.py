"""Labels as a network sees them: normalised, flipped, and with the pixels that count."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from specbench.tasks.catalogue import Task

IGNORED = 255
"""The class of a pixel that carries no label, in packed uint8 arrays."""


class Label(NamedTuple):
    """What a task's output is compared with.

    ``value``: float32 (N, C, H, W), or (N, C) for values of samples, 0 where invalid; for binary
    labels float32 (N, 1) of 0 and 1; for classes int64 (N, H, W), for classes of images int64 (N,).
    ``valid``: bool (N, H, W) or (N,).
    """

    value: Tensor
    valid: Tensor


def prepare(task: Task, packed: Tensor, mask: Tensor | None = None) -> Label:
    """Return the label of a packed array (see ``specbench.data.domains``), and where it is valid.

    ``mask`` is mask_valid, bool (N, H, W), and is honoured by masked tasks only; a label that is
    NaN, or of no class, is never valid.
    """
    if task.is_class:
        label = _class_label(task, packed)
    elif task.kind == "reconstruction":
        value = normalise(task, packed.float().div_(255))
        label = Label(value, value.new_ones(value.shape[:1] + value.shape[2:], dtype=torch.bool))
    else:
        # A third of the time of isfinite; an infinite label shows as an infinite loss.
        valid = (packed == packed).all(1)
        value = normalise(task, packed).masked_fill_(~valid[:, None], 0)
        if task.kind == "binary":
            _refuse_other_values(task, value)
        label = Label(value, valid)
    if not task.masked or not task.dense:
        return label
    if mask is None:
        raise ValueError(f"task '{task.name}' is masked and got no mask")
    return Label(label.value, label.valid & mask)


def _class_label(task: Task, packed: Tensor) -> Label:
    value = packed.long()
    if task.kind == "image_class":
        valid = value >= 0
    elif packed.dtype == torch.bool:
        valid = torch.ones_like(packed)
    else:
        valid = value != IGNORED
    # On a GPU the check would wait for the device, and the loss asserts the same.
    if (
        value.device.type == "cpu"
        and value.numel()
        and int(value.masked_fill(~valid, 0).max()) >= task.classes
    ):
        raise ValueError(f"task '{task.name}' has {task.classes} classes, a label is beyond them")
    return Label(value.masked_fill_(~valid, 0), valid)


def _refuse_other_values(task: Task, value: Tensor) -> None:
    # As for classes: a GPU would have to be waited for.
    if value.device.type == "cpu" and bool(((value != 0) & (value != 1)).any()):
        raise ValueError(f"task '{task.name}' is binary, a label is neither 0 nor 1")


def normalise(task: Task, value: Tensor) -> Tensor:
    """Return ``(value - offset) / scale``, in a new tensor."""
    return (value - task.offset).div_(task.scale)


def denormalise(task: Task, output: Tensor) -> Tensor:
    """Return an output or a label in the units of its domain; the inverse of ``normalise``."""
    return output * task.scale + task.offset


def flip(task: Task, packed: Tensor, flipped: Tensor) -> Tensor:
    """Mirror the packed labels where ``flipped``, bool (N,), left to right and in place.

    A mirrored surface normal points the other way along x. Labels of images stay as they are.
    """
    if not task.dense:
        return packed
    mirror(packed, flipped)
    if task.kind == "normal":
        packed[flipped, 0] *= -1
    return packed


def mirror(pictures: Tensor, flipped: Tensor) -> Tensor:
    """Reverse the last axis of the rows where ``flipped``, bool (N,), in place."""
    pictures[flipped] = pictures[flipped].flip(-1)
    return pictures
