"""Decoders computed together against the same decoders one by one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from specbench.nets.cost import VERSION
from specbench.nets.network import Network
from specbench.tasks import Task
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum
from specbench.training.traces.heads import Heads
from specbench.training.traces.probe import alike

CONTENT = {
    "version": VERSION, "encoder": "conv", "width": 4, "features": 6, "decoder_width": 4,
    "decoder_blocks": 2, "capacity": 1.0, "image_size": 16,
}  # fmt: skip
KINDS = {"a": 2, "b": 3, "c": 2, "d": 0, "e": 3, "f": 5, "g": -1, "h": -1}
"""Classes of each task; 0 is a map of numbers, −1 a binary answer."""


def case(seed: int = 0) -> tuple[dict[str, Task], Network, Tensor, dict[str, Label]]:
    """Two sheaves, a head of its own and a dense decoder; some labels invalid, one task's all."""
    tasks = {}
    for name, classes in KINDS.items():
        kinds = {0: ("regression", "l1"), -1: ("binary", "bce")}
        kind, loss = kinds.get(classes, ("image_class", "cross_entropy"))
        tasks[name] = Task(name, name, kind, loss, classes=max(classes, 0))
    network = Network(CONTENT, tasks, seed)
    rng = torch.Generator().manual_seed(seed)
    features = torch.randn(7, 6, 2, 2, generator=rng).to(memory_format=torch.channels_last)
    labels = {}
    for name, task in tasks.items():
        if task.kind == "binary":
            value = torch.randint(0, 2, (7, 1), generator=rng).float()
            valid = torch.rand(7, generator=rng) < 0.7
            labels[name] = Label(torch.where(valid[:, None], value, torch.nan), valid)
        elif task.classes:
            value = torch.randint(0, task.classes, (7,), generator=rng)
            valid = torch.rand(7, generator=rng) < (0.7 if name != "e" else -1)
            labels[name] = Label(value, valid)
        else:
            value = torch.randn(7, 1, 16, 16, generator=rng)
            labels[name] = Label(value, torch.rand(7, 16, 16, generator=rng) < 0.8)
    return tasks, network, features, labels


def one_by_one(
    tasks: dict[str, Task], network: Network, features: Tensor, labels: dict[str, Label]
) -> tuple[list[Tensor], Tensor]:
    sums, gradients = [], []
    for name, task in tasks.items():
        leaf = features.detach().requires_grad_(True)
        loss = loss_sum(task, network.decoders[name](leaf), labels[name], torch.float64)
        gradients += torch.autograd.grad(loss.total, leaf)
        sums.append(torch.stack([loss.total.detach(), loss.valid.double()]))
    return gradients, torch.stack(sums)


def test_losses_and_gradients_are_those_of_each_decoder_alone() -> None:
    tasks, network, features, labels = case()
    heads = Heads(network, tasks)
    gradients, sums = heads.towards(features, labels)
    expected, totals = one_by_one(tasks, network, features, labels)
    torch.testing.assert_close(gradients, expected, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(sums, totals, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(heads.losses(features, labels, range(8)), totals, rtol=1e-6, atol=0)


def test_losses_looked_at_first_do_not_spoil_a_gradient() -> None:
    tasks, network, features, labels = case()
    heads = Heads(network, tasks)
    with torch.inference_mode():
        before = heads.losses(features, labels, range(8)).clone()
    _, sums = heads.towards(features, labels)
    torch.testing.assert_close(sums, before.clone(), rtol=1e-6, atol=1e-6)


def test_tasks_not_asked_for_have_no_loss() -> None:
    tasks, network, features, labels = case()
    found = Heads(network, tasks).losses(features, labels, [0, 3, 4])
    assert found[[1, 2, 5, 6]].abs().sum() == 0
    assert (found[[0, 3], 1] > 0).all()
    assert found[4, 1] == 0, "no label of e is valid"


def test_heads_follow_the_network_and_know_another_batch() -> None:
    tasks, network, features, labels = case()
    heads = Heads(network, tasks)
    heads.losses(features, labels, range(8))
    network.load_state_dict(case(seed=1)[1].state_dict())
    heads.follow()
    others = case(seed=2)[3]
    _, totals = one_by_one(tasks, network, features, others)
    torch.testing.assert_close(heads.losses(features, others, range(8)), totals, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("classes", "expected"), [([2, 2, 3, 2], [(0, 1, 3)]), ([2], []), ([2, 3], []), ([0, 0], [])]
)
def test_only_decoders_of_one_shape_are_computed_together(
    classes: list[int], expected: Any
) -> None:
    tasks = [
        Task(str(number), "x", "image_class" if many else "regression",
             "cross_entropy" if many else "l1", classes=many)
        for number, many in enumerate(classes)
    ]  # fmt: skip
    assert alike(tasks) == expected
