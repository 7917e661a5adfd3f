"""Steps of the shared parameters that are tried out and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from specbench.training.observe import Moment
from specbench.training.optimiser import make_optimiser, set_rate
from specbench.training.settings import Settings
from specbench.training.traces.probe import LookAhead
from specbench.training.traces.shadow import Gradient, Shadow


@contextmanager
def ahead(
    shadow: Shadow, kind: LookAhead, gradient: Gradient, moment: Moment, settings: Settings
) -> Iterator[None]:
    """Move the shadow's shared parameters one step along ``gradient``, and back on leaving."""
    shared: list[Tensor] = list(shadow.shared)
    before = [parameter.detach().clone() for parameter in shared]
    if kind is LookAhead.SGD:
        with torch.no_grad():
            torch._foreach_add_(shared, gradient, alpha=-moment.rate)
    else:
        _own_step(shadow, gradient, moment, settings)
    try:
        yield
    finally:
        with torch.no_grad():
            torch._foreach_copy_(shared, before)


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
    found = torch.zeros(2, n, n, dtype=torch.float64)
    for parts in zip(*gradients, strict=True):
        flat = torch.stack([part.reshape(-1) for part in parts])
        products = (flat @ flat.T).double().cpu()
        found[0] += products
        if parts[0].dim() > 1:
            found[1] += products
    found = (found + found.transpose(1, 2)) / 2
    return found[0], found[1]
