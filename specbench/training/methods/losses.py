"""Methods that join the losses into one: one backward pass, whatever the number of tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from specbench.training.forward import forward, weighted
from specbench.training.methods.contract import Given, Method, Step


class Scalariser(ABC):
    """Joins the losses of all tasks into one number that can be differentiated."""

    looks_again = False
    """Whether it wants to see the losses of the same batch after the step."""

    @abstractmethod
    def joined(self, losses: Tensor, seed: int) -> Tensor:
        """Return the joined loss of ``losses``, (tasks,); random numbers come from ``seed``."""

    def parameters(self) -> Iterable[nn.Parameter]:
        """Return what it learns, a number a task in each; trained by the network's optimiser."""
        return ()

    def see_again(self, losses: Tensor) -> None:  # noqa: B027
        """See the losses of the same batch after the step."""

    def end_epoch(self) -> None:  # noqa: B027
        """Take note that an epoch is over."""

    def state(self) -> dict[str, Any]:
        """Return tensors and plain values that ``restore`` needs; parameters included."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: B027
        """Go on from a state that ``state`` returned."""


class LossMethod(Method):
    """Trains all parameters by the gradient of a joined loss.

    A task without a valid label in a batch stands in it with the last loss that it had (1 where it
    has had none), from which no gradient flows.
    """

    def __init__(self, given: Given, scalariser: Scalariser) -> None:
        super().__init__(given)
        self._scalariser = scalariser
        device = next(given.network.parameters()).device
        self._last = torch.ones(len(given.tasks), device=device)

    def parameters(self) -> Iterable[nn.Parameter]:
        """Return what the scalariser learns."""
        return self._scalariser.parameters()

    def backward(self, step: Step) -> None:
        """Fill all gradients; write what each task's loss counts into the log."""
        losses = torch.stack(step.losses) / self.given.divisor
        present = torch.stack(step.valid) > 0
        leaf = self._known(losses.detach(), present).requires_grad_(True)
        joined = self._scalariser.joined(leaf, self.given.seed_of(step))
        joined.backward()  # type: ignore[no-untyped-call]
        weights = leaf.grad
        assert weights is not None
        for parameter in self.parameters():
            assert parameter.grad is not None
            parameter.grad.mul_(present)
        losses.backward(weights * present)  # type: ignore[no-untyped-call]
        self.note(step, "weight", dict(zip(self.given.tasks, weights.tolist(), strict=True)))

    def take(self, step: Step, optimiser: torch.optim.Optimizer) -> None:
        """Take the step; let the scalariser see what became of the losses, and the epoch's end."""
        super().take(step, optimiser)
        if self._scalariser.looks_again:
            self._scalariser.see_again(self._again(step))
        if (step.number + 1) % self.given.steps_per_epoch == 0:
            self._scalariser.end_epoch()

    def _known(self, losses: Tensor, present: Tensor) -> Tensor:
        self._last = torch.where(present, losses, self._last)
        return self._last.clone()

    @torch.no_grad()
    def _again(self, step: Step) -> Tensor:
        given = self.given
        with still(given.network):
            after = forward(given.network, given.tasks, step.batch, given.settings.precision)
        losses = torch.stack(weighted(given.tasks, after)) / given.divisor
        return torch.where(torch.stack(step.valid) > 0, losses, self._last)

    def state(self) -> dict[str, Any]:
        """Return the scalariser's state and the last losses beside the log."""
        own = {"scalariser": self._scalariser.state(), "last": self._last}
        return {**super().state(), **own}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        super().restore(state)
        self._scalariser.restore(state["scalariser"])
        self._last = state["last"].to(self._last.device)


@contextmanager
def still(network: nn.Module) -> Iterator[None]:
    """Keep the running statistics of batch norm as they are; batches are normalised by their own.

    Only for layers in training mode.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    tracked = [norm.track_running_stats for norm in norms]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm, before in zip(norms, tracked, strict=True):
            norm.track_running_stats = before
