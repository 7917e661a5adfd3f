"""Steps of the shared parameters that are tried out, and products of gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from specbench.training.observe import Moment
from specbench.training.optimiser import make_optimiser, set_rate
from specbench.training.settings import Settings
from specbench.training.traces.probe import LookAhead
from specbench.training.traces.shadow import Gradient, Shadow

_LAST = torch.channels_last
_PIECE = 1 << 16


def step_ahead(
    shadow: Shadow, kind: LookAhead, gradient: Gradient, moment: Moment, settings: Settings
) -> None:
    """Set the shadow's shared parameters to those of ``moment``, one step along ``gradient``."""
    theirs = moment.network.shared_parameters()
    with torch.no_grad():
        if kind is LookAhead.SGD:
            for mine, theta, along in zip(shadow.shared, theirs, gradient, strict=True):
                torch.add(theta, along, alpha=-moment.rate, out=mine)
            return
        for mine, theta in zip(shadow.shared, theirs, strict=True):
            mine.copy_(theta)
    _own_step(shadow, gradient, moment, settings)


def _own_step(shadow: Shadow, gradient: Gradient, moment: Moment, settings: Settings) -> None:
    if moment.optimiser is None:
        raise ValueError("a look-ahead of the optimiser's own needs its state, not weights alone")
    twin = make_optimiser(settings, shadow.shared)
    set_rate(twin, moment.rate)
    pairs = zip(shadow.shared, moment.network.shared_parameters(), gradient, strict=True)
    for mine, theirs, along in pairs:
        state = moment.optimiser.state.get(theirs, {})
        twin.state[mine] = {name: _copied(value) for name, value in state.items()}
        mine.grad = along
    twin.step()
    for parameter in shadow.shared:
        parameter.grad = None


def _copied(value: object) -> object:
    return value.clone() if isinstance(value, Tensor) else value


def summed(gradients: Sequence[Gradient], members: Iterable[int]) -> Gradient:
    """Return the sum of the gradients of some tasks."""
    first, *others = (gradients[number] for number in members)
    if not others:
        return first
    total = [part.clone() for part in first]
    for other in others:
        torch._foreach_add_(total, other)
    return total


def inner_products(gradients: Sequence[Gradient]) -> tuple[Tensor, Tensor]:
    """Return ⟨g_a, g_b⟩ for all pairs of tasks, float64 (tasks, tasks), and over weights only.

    Weights are the parameters of rank above 1: no bias and no batch norm's scale.
    """
    n = len(gradients)
    found = torch.zeros(2, n, n, dtype=torch.float64, device=gradients[0][0].device)
    for parts in zip(*gradients, strict=True):
        products = _products(_flat(parts))
        found[0] += products
        if parts[0].dim() > 1:
            found[1] += products
    found = ((found + found.transpose(1, 2)) / 2).cpu()
    return found[0], found[1]


def _products(flat: Sequence[Tensor]) -> Tensor:
    """Return the inner products of vectors, by pieces that fit the cache side by side."""
    total = torch.zeros(len(flat), len(flat), dtype=torch.float64, device=flat[0].device)
    for pieces in zip(*(torch.split(vector, _PIECE) for vector in flat), strict=True):
        rows = torch.stack(pieces)
        total += rows @ rows.T
    return total


def _flat(parts: Sequence[Tensor]) -> list[Tensor]:
    """Return tensors of one shape as vectors, without a copy where all lie channels-last."""
    if all(part.dim() == 4 and part.is_contiguous(memory_format=_LAST) for part in parts):
        return [part.permute(0, 2, 3, 1).reshape(-1) for part in parts]
    return [part.reshape(-1) for part in parts]
