"""A network's predictions in the units of their domains, for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.tasks.labels import denormalise
from specbench.training.images import see


def predict(
    network: Network, tasks: Mapping[str, Task], packed: npt.NDArray[np.uint8]
) -> dict[str, npt.NDArray[Any]]:
    """Return each task's prediction for packed images, uint8 (N, 3, H, W).

    Classes are int64 (N, H, W) or (N,), normals unit vectors, reconstructions fractions of 255 in
    0..1, binary answers probabilities (N, 1), others in the units of their domain, float32
    (N, C, H, W), or (N, C) for values of samples.
    """
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        outputs = network(see(torch.from_numpy(packed).to(device)))
        found = {name: _in_units(task, outputs[name].float()) for name, task in tasks.items()}
    network.train(was_training)
    return {name: value.cpu().numpy() for name, value in found.items()}


def _in_units(task: Task, output: torch.Tensor) -> torch.Tensor:
    if task.is_class:
        return output.argmax(1)
    if task.kind == "binary":
        return output.sigmoid()
    value = denormalise(task, output)
    if task.kind == "normal":
        return F.normalize(value, dim=1)
    return value.clamp(0, 1) if task.kind == "reconstruction" else value
