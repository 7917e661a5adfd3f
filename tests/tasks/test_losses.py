import math

import pytest
import torch

from specbench.tasks import CATALOGUE, Task, resolve_task
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum

NORMAL = CATALOGUE["normal"]
SEGMENTS = resolve_task("segment_semantic", {"classes": 3})
SCENES = resolve_task("class_scene", {"classes": 3})


def _example(task: Task) -> tuple[torch.Tensor, Label]:
    generator = torch.Generator().manual_seed(1)
    place = (4, 5, 6) if task.dense else (8,)
    output = torch.randn(place[0], task.outputs, *place[1:], generator=generator)
    valid = torch.rand(place, generator=generator) < 0.7
    value = (
        torch.randint(0, task.classes, place, generator=generator)
        if task.is_class
        else torch.randn(output.shape, generator=generator)
    )
    return output, Label(value, valid)


def test_l1_by_hand() -> None:
    output = torch.tensor([[1.0, 9.0], [2.0, 9.0], [-3.0, 9.0]]).view(1, 3, 1, 2)
    label = Label(torch.zeros_like(output), torch.tensor([[[True, False]]]))
    total, count = loss_sum(NORMAL, output, label)
    assert (total.item(), count) == (pytest.approx((1 + 2 + 3) / 3), 1)


def test_mse_by_hand() -> None:
    task = resolve_task("depth_zbuffer", {"loss": "mse"})
    label = Label(torch.tensor([[[[1.0, 5.0]]]]), torch.ones(1, 1, 2, dtype=torch.bool))
    assert loss_sum(task, torch.tensor([[[[3.0, 4.0]]]]), label).mean() == pytest.approx(2.5)


def test_cross_entropy_by_hand() -> None:
    output = torch.tensor([[0.0, math.log(2), 0.0]])
    total, count = loss_sum(SCENES, output, Label(torch.tensor([1]), torch.tensor([True])))
    assert (total.item(), count) == (pytest.approx(math.log(2)), 1)


@pytest.mark.parametrize("task", [NORMAL, SEGMENTS, SCENES], ids=lambda task: task.name)
def test_an_invalid_pixel_changes_nothing(task: Task) -> None:
    output, label = _example(task)
    other = label.value.clone()
    if task.is_class:
        other[~label.valid] = 255
    else:
        other.movedim(1, -1)[~label.valid] = math.nan
    gradients = []
    for value in (label.value, other):
        leaf = output.clone().requires_grad_()
        total, count = loss_sum(task, leaf, Label(value, label.valid))
        total.backward()
        gradients.append((total.item(), count.item(), leaf.grad))
    (total, count, gradient), (other_total, other_count, other_gradient) = gradients
    assert (total, count) == (other_total, other_count)
    assert torch.equal(gradient, other_gradient)
    assert gradient.movedim(1, -1)[~label.valid].abs().max() == 0
    assert count == label.valid.sum()


@pytest.mark.parametrize("task", [NORMAL, SEGMENTS, SCENES], ids=lambda task: task.name)
def test_sums_over_parts_add_up(task: Task) -> None:
    output, label = _example(task)
    whole = loss_sum(task, output, label)
    parts = [
        loss_sum(task, output[rows], Label(label.value[rows], label.valid[rows]))
        for rows in (slice(0, 1), slice(1, None))
    ]
    assert sum(part.total for part in parts) == pytest.approx(whole.total.item(), rel=1e-6)
    assert sum(part.valid for part in parts) == whole.valid


@pytest.mark.parametrize("task", [NORMAL, SEGMENTS, SCENES], ids=lambda task: task.name)
def test_nothing_valid_is_a_loss_of_zero_with_a_gradient(task: Task) -> None:
    output, label = _example(task)
    leaf = output.requires_grad_()
    mean = loss_sum(task, leaf, Label(label.value, torch.zeros_like(label.valid))).mean()
    mean.backward()
    assert mean == 0
    assert leaf.grad is not None
    assert leaf.grad.abs().max() == 0


def test_a_bfloat16_output_has_a_float32_loss() -> None:
    output, label = _example(NORMAL)
    assert loss_sum(NORMAL, output.bfloat16(), label).total.dtype == torch.float32
