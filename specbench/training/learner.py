"""A network with its optimiser and learning rate: what one step of training does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.tasks.losses import LossSum, loss_sum
from specbench.training.evaluate import autocast
from specbench.training.images import Batch
from specbench.training.optimiser import make_optimiser, set_rate
from specbench.training.schedule import Schedule
from specbench.training.settings import Settings
from specbench.training.weights import make_network


class Learner:
    """The network of a job's ``content`` on ``device``, trained step by step."""

    def __init__(
        self,
        content: Mapping[str, Any],
        settings: Settings,
        tasks: Mapping[str, Task],
        device: torch.device,
        steps_per_epoch: int,
    ) -> None:
        self._settings, self._tasks, self._device = settings, tasks, device
        self.network = _placed(make_network(content), settings, device)
        self.optimiser = make_optimiser(settings, self.network.parameters())
        self.schedule = Schedule(settings, steps_per_epoch)

    def step(self, step: int, batch: Batch) -> list[LossSum]:
        """Take step ``step`` of the training on ``batch``; return each task's loss before it."""
        set_rate(self.optimiser, self.schedule.rate(step))
        self.optimiser.zero_grad(set_to_none=True)
        with autocast(self._device, self._settings.precision):
            outputs = self.network(batch.images)
        losses = [
            loss_sum(task, outputs[name], batch.labels[name]) for name, task in self._tasks.items()
        ]
        self._joined(losses).backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return [LossSum(loss.total.detach(), loss.valid) for loss in losses]

    def _joined(self, losses: list[LossSum]) -> Tensor:
        """Return the weighted sum, or mean, of the tasks' mean losses."""
        weights = (task.weight for task in self._tasks.values())
        weighted = [weight * loss.mean() for weight, loss in zip(weights, losses, strict=True)]
        joined = torch.stack(weighted).sum()
        return joined / len(losses) if self._settings.reduction == "mean" else joined

    def state(self) -> dict[str, Any]:
        """Return all that ``restore`` needs to go on from here, bit for bit."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.restore(state["schedule"])


def _placed(network: Network, settings: Settings, device: torch.device) -> Network:
    if settings.channels_last:
        network.to(memory_format=torch.channels_last)
    return network.to(device)
