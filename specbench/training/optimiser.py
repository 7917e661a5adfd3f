"""The optimisers a network can be trained with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from specbench.training.settings import Settings

_AS_THEY_LIE, _BACK = (0, 2, 3, 1), (0, 3, 1, 2)


class _WithoutCopies(torch.optim.Optimizer):
    """Steps weights in channels-last order where they lie.

    A fused step on a CPU copies whatever is not contiguous to and fro, 20 ms a step of a ResNet-18
    with one decoder against 10 without. Every entry is stepped for itself, so the order of the
    axes may be any: it is that in memory during the step.
    """

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        turned = [
            parameter
            for group in self.param_groups
            for parameter in group["params"]
            if _lies_channels_last(parameter)
        ]
        for parameter in turned:
            assert parameter.grad is not None
            parameter.grad = parameter.grad.contiguous(memory_format=torch.channels_last)
        self._turn(turned, _AS_THEY_LIE)
        try:
            return super().step(closure)
        finally:
            self._turn(turned, _BACK)

    def _turn(self, parameters: Sequence[nn.Parameter], order: tuple[int, ...]) -> None:
        for parameter in parameters:
            gradient, parameter.grad = parameter.grad, None
            assert gradient is not None
            parameter.data = parameter.data.permute(order)
            parameter.grad = gradient.permute(order)
            state: dict[str, Any] = self.state.get(parameter, {})
            for name, value in state.items():
                if torch.is_tensor(value) and value.dim() == len(order):
                    state[name] = value.permute(order)


def _lies_channels_last(parameter: nn.Parameter) -> bool:
    return (
        parameter.device.type == "cpu"
        and parameter.grad is not None
        and parameter.dim() == len(_BACK)
        and not parameter.is_contiguous()
        and parameter.is_contiguous(memory_format=torch.channels_last)
    )


class _AdamW(_WithoutCopies, torch.optim.AdamW):
    pass


class _SGD(_WithoutCopies, torch.optim.SGD):
    pass


def make_optimiser(settings: Settings, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return SGD with momentum or AdamW (arXiv 1711.05101) over ``parameters``.

    Weight decay falls on every parameter. The fused steps save 2-4 % on small networks.
    """
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "adamw":
        return _AdamW(parameters, lr=rate, weight_decay=decay, fused=True)
    return _SGD(parameters, lr=rate, momentum=settings.momentum, weight_decay=decay, fused=True)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every parameter."""
    for group in optimiser.param_groups:
        group["lr"] = rate
