"""Losses and metrics of a network over a split."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch

from specbench.errors import TrainingError
from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.tasks.losses import loss_sum
from specbench.tasks.metrics import Meters
from specbench.training.images import Images
from specbench.training.text import Texts


class Evaluation(NamedTuple):
    """One task's mean loss over the valid pixels (or images) of a split, and its metrics.

    A metric that no pixel defines, such as a relative error where no label is positive, is absent.
    """

    loss: float
    metrics: dict[str, float]


def evaluate(
    network: Network,
    images: Images | Texts,
    tasks: Mapping[str, Task],
    batch_size: int,
    precision: str = "fp32",
) -> dict[str, Evaluation]:
    """Return each task's evaluation over all ``images``, with the running batch statistics.

    A loss is the sum over all valid pixels divided by their number, gathered in float64: batch
    size does not change it. The network is left in the mode it was in. TrainingError where a task
    has no valid label in the split.
    """
    sums = {name: torch.zeros(2, dtype=torch.float64) for name in tasks}
    told = images.tasks if isinstance(images, Texts) else {}
    meters = {name: Meters(task, told.get(name)) for name, task in tasks.items()}
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        for batch in images.batches(batch_size):
            with autocast(batch.images.device, precision):
                outputs = network(batch.images)
            for name, task in tasks.items():
                total, valid = loss_sum(task, outputs[name], batch.labels[name])
                sums[name] = sums[name].to(total.device)
                sums[name] += torch.stack([total.double(), valid.double()])
                meters[name].add(outputs[name], batch.labels[name])
    network.train(was_training)
    return {name: _evaluation(name, sums[name].tolist(), meters[name]) for name in tasks}


def _evaluation(name: str, sums: list[float], meters: Meters) -> Evaluation:
    total, valid = sums
    if not valid:
        raise TrainingError(
            f"task {name} has no valid label in the split",
            "look at its masks, or give the split samples that have its label",
        )
    metrics = {name: value for name, value in meters.values().items() if math.isfinite(value)}
    return Evaluation(total / valid, metrics)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Return the context in which a network runs in ``precision``."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
