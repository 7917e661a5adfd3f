import math

import pytest
import torch

from specbench.tasks import CATALOGUE, Task, resolve_task
from specbench.tasks.labels import Label, normalise
from specbench.tasks.metrics import Meters

DEPTH, NORMAL = CATALOGUE["depth_zbuffer"], CATALOGUE["normal"]
SEGMENTS = resolve_task("segment_semantic", {"classes": 4})


def _values(task: Task, output: torch.Tensor, label: Label) -> dict[str, float]:
    meters = Meters(task)
    meters.add(output, label)
    return meters.values()


def _everywhere(value: torch.Tensor) -> Label:
    return Label(value, torch.ones(value.shape[:1] + value.shape[2:], dtype=torch.bool))


def test_depth_metrics_are_in_metres() -> None:
    true = torch.tensor([1.0, 2.0, 4.0, 8.0]).view(1, 1, 2, 2)
    predicted = torch.tensor([1.0, 3.0, 4.5, 6.0]).view(1, 1, 2, 2)
    found = _values(DEPTH, normalise(DEPTH, predicted), _everywhere(normalise(DEPTH, true)))
    assert found["abs_rel"] == pytest.approx((0 + 0.5 + 0.125 + 0.25) / 4, rel=1e-5)
    assert found["rmse"] == pytest.approx(math.sqrt((0 + 1 + 0.25 + 4) / 4), rel=1e-5)
    assert found["delta_1.25"] == pytest.approx(2 / 4)


def test_a_depth_that_is_not_positive_is_never_near() -> None:
    true, predicted = torch.ones(1, 1, 1, 1), -torch.ones(1, 1, 1, 1)
    found = _values(DEPTH, normalise(DEPTH, predicted), _everywhere(normalise(DEPTH, true)))
    assert found["delta_1.25"] == 0


@pytest.mark.parametrize("degrees", [0.0, 0.5, 11.0, 12.0, 90.0, 179.0])
def test_normals_turned_by_an_angle(degrees: float) -> None:
    angle = math.radians(degrees)
    true = torch.tensor([0.0, 0.0, -1.0]).view(1, 3, 1, 1).expand(2, 3, 5, 5)
    turned = torch.tensor([math.sin(angle), 0.0, -math.cos(angle)]).view(1, 3, 1, 1)
    found = _values(NORMAL, 3 * turned.expand(2, 3, 5, 5), _everywhere(true))
    assert found["mean_angle"] == pytest.approx(degrees, abs=1e-3)
    assert found["median_angle"] == pytest.approx(degrees, abs=0.011)
    assert found["share_11.25"] == (degrees < 11.25)


def test_segmentation_by_hand() -> None:
    label = torch.tensor([[[0, 0, 1, 1, 2]]])
    guess = torch.tensor([[[0, 1, 1, 1, 0]]])
    output = torch.nn.functional.one_hot(guess, 4).movedim(-1, 1).float()
    valid = torch.ones_like(label, dtype=torch.bool)
    found = _values(SEGMENTS, output, Label(label, valid))
    # Unions: class 0 {0,1,4}, class 1 {1,2,3}, class 2 {4}; class 3 occurs nowhere.
    assert found["miou"] == pytest.approx((1 / 3 + 2 / 3 + 0) / 3)
    assert found["pixel_accuracy"] == pytest.approx(3 / 5)


def test_accuracy_of_images() -> None:
    task = resolve_task("class_scene", {"classes": 2})
    output = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    label = Label(torch.tensor([0, 1, 0]), torch.tensor([True, True, False]))
    assert _values(task, output, label) == {"accuracy": 0.5}


def test_l1_is_in_the_units_of_the_domain() -> None:
    task = CATALOGUE["keypoints2d"]
    output, value = torch.full((1, 1, 1, 2), 3.0), torch.full((1, 1, 1, 2), 1.0)
    assert _values(task, output, _everywhere(value)) == {"l1": pytest.approx(2 * task.scale)}


@pytest.mark.parametrize("task", [DEPTH, NORMAL, SEGMENTS], ids=lambda task: task.name)
def test_metrics_do_not_depend_on_batches_nor_on_invalid_pixels(task: Task) -> None:
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(6, task.outputs, 4, 4, generator=generator)
    value = (
        torch.randint(0, 4, (6, 4, 4), generator=generator)
        if task.is_class
        else torch.randn(6, task.channels, 4, 4, generator=generator)
    )
    valid = torch.rand(6, 4, 4, generator=generator) < 0.6
    whole = _values(task, output, Label(value, valid))
    meters = Meters(task)
    noisy = output + 5 * (~valid)[:, None]
    for rows in (slice(0, 1), slice(1, 6)):
        meters.add(noisy[rows], Label(value[rows], valid[rows]))
    assert meters.values() == pytest.approx(whole, rel=1e-6)
    assert tuple(whole) == task.metrics


def test_nothing_valid_has_no_value() -> None:
    output = torch.zeros(1, 1, 2, 2)
    found = _values(DEPTH, output, Label(output, torch.zeros(1, 2, 2, dtype=torch.bool)))
    assert all(math.isnan(value) for value in found.values())
