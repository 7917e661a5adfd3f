"""What a training method is: it turns the losses of a network's tasks into one step.

A network of one task has nothing to combine: it is trained by ``equal`` under every method.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from specbench.nets.network import Network
from specbench.seeding import seed_for
from specbench.tasks.catalogue import Task
from specbench.training.images import Batch
from specbench.training.methods.log import Log
from specbench.training.settings import Settings


@dataclass(frozen=True)
class Given:
    """What a method knows of its training from the start."""

    network: Network
    tasks: Mapping[str, Task]
    settings: Settings
    seed: int
    steps_per_epoch: int

    def seed_of(self, step: Step) -> int:
        """Return the seed of the random numbers that a step may draw."""
        return seed_for(self.seed, "method", step.number)

    @property
    def divisor(self) -> int:
        """What every loss is divided by: the number of tasks where ``reduction`` is "mean"."""
        return len(self.tasks) if self.settings.reduction == "mean" else 1


class Step(NamedTuple):
    """One step about to be taken; gradients are empty, the learning rate is set."""

    number: int
    """Counted from 0 over all epochs."""
    batch: Batch
    losses: list[Tensor]
    """Each task's weighted mean loss with its graph, not yet divided by ``Given.divisor``; 0
    where no label is valid."""
    valid: list[Tensor]
    """How many labels of each task are valid."""

    def present(self) -> list[bool]:
        """Return which tasks have valid labels."""
        return [bool(count > 0) for count in torch.stack(self.valid).tolist()]


class Method(ABC):
    """Takes the steps of one network's training.

    Laws: nothing but the network's parameters, the optimiser and the method's own state changes;
    batch statistics are those of the one forward pass that ``Step`` comes from; random numbers
    come from streams of ``Given.seed`` named by the step; after ``restore`` of a ``state`` every
    further step is the same, bit for bit.
    """

    def __init__(self, given: Given) -> None:
        self.given = given
        self.log = Log()

    def parameters(self) -> Iterable[nn.Parameter]:
        """Return what the method learns beside the network; the optimiser trains it too."""
        return ()

    @abstractmethod
    def backward(self, step: Step) -> None:
        """Fill the gradient of every parameter of the network, and of the method's own."""

    def take(self, step: Step, optimiser: torch.optim.Optimizer) -> None:
        """Take the step; ``optimiser`` holds all parameters."""
        self.backward(step)
        optimiser.step()

    def note(self, step: Step, quantity: str, values: Mapping[str, float]) -> None:
        """Write into the log what a step was like, such as the "weight" of every task."""
        self.log.add(step.number // self.given.steps_per_epoch, step.number, quantity, values)

    def state(self) -> dict[str, Any]:
        """Return tensors and plain values that ``restore`` needs; parameters included."""
        return {"log": self.log.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        self.log = Log.from_state(state["log"])
