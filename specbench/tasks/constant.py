"""The best constant predictor: what a network must beat to have learnt anything."""

from __future__ import annotations

import torch
from torch import Tensor

from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label


def best_constant(task: Task, train: Label) -> Tensor:
    """Return the output that, given for every pixel, has the lowest loss on ``train``.

    Shape (outputs,): the median per channel for L1, the mean for MSE, logarithms of the class
    frequencies for cross-entropy. Classes that never occur share the weight of one pixel, so that
    one which occurs elsewhere has a finite loss. ValueError if no label is valid.
    """
    if not bool(train.valid.any()):
        raise ValueError(f"task '{task.name}' has no valid label to fit a constant to")
    if task.is_class:
        counts = torch.bincount(train.value[train.valid], minlength=task.classes).double()
        counts = counts.clamp(min=1 / task.classes)
        return (counts / counts.sum()).log()
    values = train.value.movedim(1, -1)[train.valid]
    if task.loss == "mse":
        return values.mean(0, dtype=torch.float64)
    return values.median(0).values.double()


def constant_loss(task: Task, train: Label, evaluated: Label) -> float:
    """Return the loss on ``evaluated`` of the best constant predictor fitted on ``train``."""
    return loss_of_constant(task, best_constant(task, train), evaluated)


def loss_of_constant(task: Task, constant: Tensor, evaluated: Label) -> float:
    """Return the mean loss of giving ``constant``, (outputs,), everywhere; NaN if none is valid."""
    if not bool(evaluated.valid.any()):
        return float("nan")
    if task.is_class:
        return float(-constant.double()[evaluated.value[evaluated.valid]].mean())
    values = evaluated.value.movedim(1, -1)[evaluated.valid].double()
    difference = (values - constant.double()).abs()
    size = difference if task.loss == "l1" else difference.square()
    return float(size.mean())
