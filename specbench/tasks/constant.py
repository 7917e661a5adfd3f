"""The best constant predictor: what a network must beat to have learnt anything."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum

FEW = 100
"""Images on which the constant of a user's loss is made better."""
_STEPS = 200
_FIRST_STEP = 0.1


def best_constant(task: Task, train: Label) -> Tensor:
    """Return the output that, given for every pixel, has the lowest loss on ``train``.

    Shape (outputs,): the median per channel for L1, the mean for MSE, logarithms of the class
    frequencies for cross-entropy, the log-odds of 1 for binary labels. Classes that never occur
    share the weight of one pixel, so that one which occurs elsewhere has a finite loss. For a loss
    of the user's, the best of these, made better by descent on ``FEW`` images. ValueError if no
    label is valid.
    """
    if not bool(train.valid.any()):
        raise ValueError(f"task '{task.name}' has no valid label to fit a constant to")
    return _usual(task, train) if task.code is None else _descended(task, train)


def _usual(task: Task, train: Label, mean: bool = False) -> Tensor:
    if task.categories:
        found = train.value[train.valid].long().flatten()
        counts = torch.bincount(found, minlength=task.categories).double()
        counts = counts.clamp(min=1 / task.categories)
        chances = (counts / counts.sum()).log()
        return chances if task.is_class else chances[1:] - chances[:1]
    values = train.value.movedim(1, -1)[train.valid]
    if mean or task.loss == "mse":
        return values.mean(0, dtype=torch.float64)
    return values.median(0).values.double()


def _descended(task: Task, train: Label) -> Tensor:
    labelled = train.valid.flatten(1).any(1).nonzero()[:FEW, 0]
    few = Label(train.value[labelled], train.valid[labelled])
    starts = [_usual(task, train), _usual(task, train, mean=True)]
    losses = [loss_of_constant(task, start, few) for start in starts]
    best, least = starts[losses.index(min(losses))], min(losses)
    moving = best.float().requires_grad_()
    optimiser = torch.optim.Adam([moving])
    for step in range(_STEPS):
        optimiser.param_groups[0]["lr"] = _FIRST_STEP * (1 - step / _STEPS)
        loss = loss_sum(task, _everywhere(moving, few), few).mean()
        if float(loss.detach()) < least:
            best, least = moving.detach().double().clone(), float(loss.detach())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        assert moving.grad is not None
        moving.grad.nan_to_num_(posinf=0, neginf=0)  # a kink, such as that of a root at 0
        optimiser.step()
    return best


def _everywhere(constant: Tensor, label: Label) -> Tensor:
    """Return the output of a network that gives ``constant`` whatever it sees."""
    count, *place = label.valid.shape
    return constant.view(1, -1, *(1 for _ in place)).expand(count, -1, *place)


def constant_loss(task: Task, train: Label, evaluated: Label) -> float:
    """Return the loss on ``evaluated`` of the best constant predictor fitted on ``train``."""
    return loss_of_constant(task, best_constant(task, train), evaluated)


def loss_of_constant(task: Task, constant: Tensor, evaluated: Label) -> float:
    """Return the mean loss of giving ``constant``, (outputs,), everywhere; NaN if none is valid."""
    if not bool(evaluated.valid.any()):
        return float("nan")
    if task.code is not None:
        return float(loss_sum(task, _everywhere(constant, evaluated), evaluated).mean())
    if task.is_class:
        return float(-constant.double()[evaluated.value[evaluated.valid]].mean())
    values = evaluated.value.movedim(1, -1)[evaluated.valid].double()
    if task.kind == "binary":
        signed = (1 - 2 * values) * constant.double()
        return float(F.softplus(signed).mean())
    difference = (values - constant.double()).abs()
    size = difference if task.loss == "l1" else difference.square()
    return float(size.mean())
