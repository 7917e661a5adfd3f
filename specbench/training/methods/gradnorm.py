"""GradNorm (Chen et al. 2018, arXiv 1711.02257): weights under which gradients have one size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from specbench.training.methods.contract import Given, Method, Step
from specbench.training.methods.options import GradNorm as Options

_LEAST = 1e-3
"""Weights stay above it; the paper leaves open what a negative one would mean."""


class GradNorm(Method):
    """Learns weights so that every weighted loss's gradient has the size that its pace asks for.

    Sizes are those of the gradients by the last shared weight W, the last shared parameter of rank
    above 1. With G_i = w_i · |∂L_i/∂W| and the pace r_i = (L_i / L_i at first) / mean of the same,
    the weights descend Σ |G_i − mean(G) · r_i^alpha|, the second term held constant, by a step of
    Adam after the network's gradient was taken, and are brought back to a sum of n. All means are
    over tasks with valid labels; a task's first loss is the first above zero.
    """

    def __init__(self, given: Given, options: Options) -> None:
        super().__init__(given)
        self._alpha = options.alpha
        self._last = [p for p in given.network.shared_parameters() if p.dim() > 1][-1]
        self._weights = torch.ones(len(given.tasks), device=self._last.device)
        self._first = torch.zeros_like(self._weights)
        self._adam = torch.optim.Adam([self._weights], lr=options.learning_rate)

    def backward(self, step: Step) -> None:
        """Fill all gradients under the present weights; then let these take a step."""
        losses = torch.stack(step.losses) / self.given.divisor
        sizes = self._sizes(step)
        (self._weights * losses).sum().backward()  # type: ignore[no-untyped-call]
        weights = self._weights.tolist()
        self.note(step, "weight", dict(zip(self.given.tasks, weights, strict=True)))
        self._learn(losses.detach(), sizes, torch.stack(step.valid) > 0)

    def _sizes(self, step: Step) -> Tensor:
        """Return the size of each loss's gradient by the last shared weight."""
        found = []
        for loss in step.losses:
            (gradient,) = torch.autograd.grad(
                loss / self.given.divisor, self._last, retain_graph=True, materialize_grads=True
            )
            found.append(gradient.norm())
        return torch.stack(found)

    def _learn(self, losses: Tensor, sizes: Tensor, present: Tensor) -> None:
        self._first = torch.where((self._first > 0) | ~present, self._first, losses)
        told = present & (self._first > 0)
        weighted = self._weights * sizes
        paces = torch.where(told, losses / self._first, 0)
        # Where all told losses are zero there is no pace; 0/0 must not reach the weights.
        paces = paces / paces[told].mean().clamp(min=torch.finfo(paces.dtype).tiny)
        wanted = weighted[told].mean() * paces**self._alpha
        slope = torch.where(told, torch.sign(weighted - wanted) * sizes, 0)
        self._weights.grad = slope.nan_to_num()
        self._adam.step()
        with torch.no_grad():
            self._weights.clamp_(min=_LEAST)
            self._weights.mul_(len(self._weights) / self._weights.sum())

    def state(self) -> dict[str, Any]:
        """Return weights, first losses and the state of the weights' optimiser beside the log."""
        own = {"weights": self._weights, "first": self._first, "adam": self._adam.state_dict()}
        return {**super().state(), **own}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        super().restore(state)
        self._weights.copy_(state["weights"])
        self._first.copy_(state["first"])
        self._adam.load_state_dict(state["adam"])
