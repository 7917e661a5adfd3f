import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from specbench.tasks import CATALOGUE, Task, resolve_task
from specbench.tasks.constant import best_constant, constant_loss, loss_of_constant
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum

TASKS = {
    "l1": CATALOGUE["normal"],
    "mse": resolve_task("depth_zbuffer", {"loss": "mse"}),
    "cross_entropy": resolve_task("segment_semantic", {"classes": 3}),
}


def _labels(task: Task, seed: int) -> Label:
    generator = torch.Generator().manual_seed(seed)
    value = (
        torch.randint(0, task.classes, (2, 3, 3), generator=generator)
        if task.is_class
        else torch.randn(2, task.channels, 3, 3, generator=generator)
    )
    valid = torch.rand(2, 3, 3, generator=generator) < 0.8
    valid[0, 0, 0] = True
    return Label(value, valid)


@pytest.mark.parametrize("loss", TASKS)
@given(seed=st.integers(0, 2**31), shift=st.floats(-2, 2))
def test_no_constant_is_better(loss: str, seed: int, shift: float) -> None:
    task = TASKS[loss]
    label = _labels(task, seed)
    constant = best_constant(task, label)
    other = constant.clone()
    other[seed % task.outputs] += shift
    if task.is_class:
        other = other.log_softmax(0)
    best = loss_of_constant(task, constant, label)
    # A class that never occurs keeps a little probability, which costs the others as much.
    slack = 1 / int(label.valid.sum()) if task.is_class else 1e-6
    assert best <= loss_of_constant(task, other, label) + slack


@pytest.mark.parametrize("loss", TASKS)
def test_it_is_the_loss_a_constant_network_would_have(loss: str) -> None:
    task, label = TASKS[loss], _labels(TASKS[loss], 3)
    constant = best_constant(task, label).float().view(1, -1, 1, 1)
    output = constant.expand(2, task.outputs, 3, 3)
    mean = loss_sum(task, output, label).mean().item()
    assert constant_loss(task, label, label) == pytest.approx(mean, rel=1e-6)


def test_a_class_never_trained_on_has_a_finite_loss() -> None:
    task = resolve_task("class_scene", {"classes": 4})
    train = Label(torch.tensor([0, 0, 1]), torch.ones(3, dtype=torch.bool))
    evaluated = Label(torch.tensor([3]), torch.ones(1, dtype=torch.bool))
    loss = constant_loss(task, train, evaluated)
    assert math.log(4) < loss < math.inf


def test_no_valid_label_is_refused() -> None:
    label = Label(torch.zeros(1, 3, 1, 1), torch.zeros(1, 1, 1, dtype=torch.bool))
    with pytest.raises(ValueError, match="no valid label"):
        best_constant(TASKS["l1"], label)
