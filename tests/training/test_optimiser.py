"""Steps of weights in channels-last order: the same bits, and nothing lies otherwise afterwards."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import nn

from specbench.testing.traces import TRAINING
from specbench.training.optimiser import make_optimiser
from specbench.training.settings import Settings

SETTINGS = Settings.from_content({**TRAINING, "weight_decay": 0.01, "learning_rate": 0.05})
KINDS = {
    "adamw": lambda weights: torch.optim.AdamW(weights, lr=0.05, weight_decay=0.01, fused=True),
    "sgd": lambda weights: torch.optim.SGD(
        weights, lr=0.05, weight_decay=0.01, momentum=0.9, fused=True
    ),
}


def weights(order: torch.memory_format) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(8, 6, 3, 3), (8,), (5, 8, 1, 1), (4, 8, 2, 3)]
    drawn = [torch.randn(shape, generator=generator) for shape in shapes]
    return [nn.Parameter(d.to(memory_format=order) if d.dim() == 4 else d) for d in drawn]


def stepped(optimiser: Any, order: torch.memory_format) -> list[Any]:
    (group,) = optimiser.param_groups
    for step in range(3):
        for place, each in enumerate(group["params"]):
            generator = torch.Generator().manual_seed(10 * step + place)
            gradient = torch.randn(each.shape, generator=generator)
            each.grad = gradient.to(memory_format=order) if each.dim() == 4 else gradient
        group["params"][1].grad = None if step == 1 else group["params"][1].grad
        optimiser.step()
    return list(group["params"])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("gradients", [torch.contiguous_format, torch.channels_last])
def test_the_same_bits_as_pytorchs_in_any_order(name: str, gradients: torch.memory_format) -> None:
    settings = dataclasses.replace(SETTINGS, optimizer=name)
    expected = stepped(KINDS[name](weights(torch.contiguous_format)), torch.contiguous_format)
    last = weights(torch.channels_last)
    lay = [each.stride() for each in last]
    optimiser = make_optimiser(settings, last)
    for one, two in zip(expected, stepped(optimiser, gradients), strict=True):
        assert torch.equal(one, two)
    assert [each.stride() for each in last] == lay
    for each in last:
        state = [v for v in optimiser.state[each].values() if torch.is_tensor(v) and v.dim() == 4]
        assert all(value.shape == each.shape for value in state)
        assert each.grad is not None
        assert each.grad.shape == each.shape


@pytest.mark.parametrize("name", KINDS)
def test_a_state_goes_on_from_where_it_was_saved(name: str) -> None:
    settings = dataclasses.replace(SETTINGS, optimizer=name)
    whole = make_optimiser(settings, weights(torch.channels_last))
    stepped(whole, torch.channels_last)
    begun = make_optimiser(settings, weights(torch.channels_last))
    ended = stepped(begun, torch.channels_last)
    again = make_optimiser(settings, [nn.Parameter(each.detach().clone()) for each in ended])
    again.load_state_dict(begun.state_dict())
    for one, two in zip(
        stepped(whole, torch.channels_last), stepped(again, torch.channels_last), strict=True
    ):
        assert torch.equal(one, two)
