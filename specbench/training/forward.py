"""A forward pass of a network in training: each task's loss on a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.tasks.losses import LossSum, loss_sum
from specbench.training.evaluate import autocast
from specbench.training.images import Batch


def forward(
    network: Network, tasks: Mapping[str, Task], batch: Batch, precision: str
) -> list[LossSum]:
    """Return each task's loss on ``batch``, summed; the network computes in ``precision``."""
    with autocast(batch.images.device, precision):
        outputs = network(batch.images)
    return [loss_sum(task, outputs[name], batch.labels[name]) for name, task in tasks.items()]


def weighted(tasks: Mapping[str, Task], losses: Sequence[LossSum]) -> list[Tensor]:
    """Return each task's mean loss times the task's weight; 0 where no label is valid."""
    pairs = zip(tasks.values(), losses, strict=True)
    return [task.weight * loss.mean() for task, loss in pairs]
