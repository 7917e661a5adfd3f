"""The tasks' gradients of the shared parameters, and methods that combine them into one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from specbench.nets.network import Network
from specbench.training.methods.contract import Given, Method, Step
from specbench.training.traces.shadow import Gradient


class Combined(NamedTuple):
    """One gradient of the shared parameters made of the tasks'."""

    gradient: Gradient
    weights: list[float] | None
    """What each task's gradient counts in it; None where it is no weighted sum of them."""


class Combiner(ABC):
    """Combines the tasks' gradients of the shared parameters into one.

    Laws: the gradients given are left as they are; a task without valid labels, whose gradient is
    zero, counts for nothing; random numbers come from ``seed`` alone.
    """

    @abstractmethod
    def combine(
        self, gradients: Sequence[Gradient], present: Sequence[bool], seed: int
    ) -> Combined:
        """Return the combination; ``present`` tells which tasks have valid labels."""

    def state(self) -> dict[str, Any]:
        """Return tensors and plain values that ``restore`` needs."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: B027
        """Go on from a state that ``state`` returned."""


class GradientMethod(Method):
    """Trains the shared parameters by a combined gradient, every decoder by its own task's."""

    def __init__(self, given: Given, combiner: Combiner) -> None:
        super().__init__(given)
        self._combiner = combiner

    def backward(self, step: Step) -> None:
        """Fill all gradients; write the weights into the log."""
        gradients = task_gradients(self.given, step)
        seed = self.given.seed_of(step)
        combined = self._combiner.combine(gradients, step.present(), seed)
        fill(self.given.network, combined.gradient)
        if combined.weights is not None:
            self.note(step, "weight", dict(zip(self.given.tasks, combined.weights, strict=True)))

    def state(self) -> dict[str, Any]:
        """Return the combiner's state beside the log."""
        return {**super().state(), "combiner": self._combiner.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        super().restore(state)
        self._combiner.restore(state["combiner"])


def task_gradients(given: Given, step: Step) -> list[Gradient]:
    """Return each task's gradient of the shared parameters; fill those of the decoders.

    A backward pass for every task; a parameter that a loss does not depend on gets zeros.
    """
    network, found = given.network, []
    shared = network.shared_parameters()
    for number, (name, loss) in enumerate(zip(given.tasks, step.losses, strict=True)):
        own = tuple(network.decoders[name].parameters())
        parts = torch.autograd.grad(
            loss / given.divisor,
            (*shared, *own),
            retain_graph=number < len(step.losses) - 1,
            materialize_grads=True,
        )
        found.append(list(parts[: len(shared)]))
        _fill(own, parts[len(shared) :])
    return found


def fill(network: Network, gradient: Gradient) -> None:
    """Set the gradient of the shared parameters."""
    _fill(network.shared_parameters(), gradient)


def weighted_sum(gradients: Sequence[Gradient], weights: Sequence[float]) -> Gradient:
    """Return the sum of the tasks' gradients, each times its weight."""
    total = [part * weights[0] for part in gradients[0]]
    for gradient, weight in zip(gradients[1:], weights[1:], strict=True):
        torch._foreach_add_(total, gradient, alpha=weight)
    return total


def _fill(parameters: Sequence[nn.Parameter], gradient: Sequence[Tensor]) -> None:
    for parameter, part in zip(parameters, gradient, strict=True):
        parameter.grad = laid_out(part, parameter)


def laid_out(gradient: Tensor, parameter: Tensor) -> Tensor:
    """Return the gradient in the memory order of its parameter.

    The fused optimisers of torch 2.15 on a CPU read both as they lie and would mix up their
    entries.
    """
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter, requires_grad=False).copy_(gradient)
