"""A network with its optimiser and learning rate: what one step of training does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.tasks.losses import LossSum
from specbench.training.forward import forward, weighted
from specbench.training.images import Batch
from specbench.training.methods.contract import Given, Step
from specbench.training.methods.make import make_method
from specbench.training.optimiser import make_optimiser, set_rate
from specbench.training.schedule import Schedule
from specbench.training.settings import Settings
from specbench.training.weights import State, make_network, take_encoder


class Learner:
    """The network of a job's ``content`` on ``device``, trained step by step.

    ``start`` are the weights of a network that its encoder starts from.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        settings: Settings,
        tasks: Mapping[str, Task],
        device: torch.device,
        steps_per_epoch: int,
        start: State | None = None,
    ) -> None:
        self._settings, self._tasks = settings, tasks
        network = make_network(content)
        if start is not None:
            take_encoder(network, start)
        if trains_head_only(content):
            network.freeze_encoder()
        self.network = _placed(network, settings, device)
        seed = int(content["seed"])
        self.method = make_method(Given(self.network, tasks, settings, seed, steps_per_epoch))
        trained = [part for part in self.network.parameters() if part.requires_grad]
        parameters = [*trained, *self.method.parameters()]
        self.optimiser = make_optimiser(settings, parameters)
        self.schedule = Schedule(settings, steps_per_epoch)

    def step(self, step: int, batch: Batch) -> list[LossSum]:
        """Take step ``step`` of the training on ``batch``; return each task's loss before it."""
        set_rate(self.optimiser, self.schedule.rate(step))
        self.optimiser.zero_grad(set_to_none=True)
        losses = forward(self.network, self._tasks, batch, self._settings.precision)
        valid = [loss.valid for loss in losses]
        joined = weighted(self._tasks, losses)
        if self._settings.reduction == "pooled":
            shares = [_share(batch.labels[name]) for name in self._tasks]
            joined = [loss * share for loss, share in zip(joined, shares, strict=True)]
        self.method.take(Step(step, batch, joined, valid), self.optimiser)
        return [LossSum(loss.total.detach(), loss.valid) for loss in losses]

    def state(self) -> dict[str, Any]:
        """Return all that ``restore`` needs to go on from here, bit for bit."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state(),
            "method": self.method.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        self.network.load_state_dict(state["network"])
        # A training begun before there were methods has kept no state of one.
        self.method.restore(state.get("method", {"log": {}}))
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.restore(state["schedule"])


def _share(label: Label) -> torch.Tensor:
    """Return the part of a batch's samples that have a valid label."""
    return (
        label.valid.flatten(1).any(1).float().mean()
        if label.valid.dim() > 1
        else (label.valid.float().mean())
    )


def trains_head_only(content: Mapping[str, Any]) -> bool:
    """Tell whether the network of a content is trained on an encoder that stays as it is."""
    return bool(content.get("start", {}).get("trains") == "head")


def _placed(network: Network, settings: Settings, device: torch.device) -> Network:
    if settings.channels_last:
        network.to(memory_format=torch.channels_last)
    return network.to(device)
