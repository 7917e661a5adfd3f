"""Traces of two linear tasks against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from specbench.nets.network import Decoders, Network
from specbench.tasks import Task
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum
from specbench.testing.traces import TRAINING
from specbench.training.images import Batch
from specbench.training.observe import Moment
from specbench.training.settings import Settings
from specbench.training.traces.look_ahead import inner_products, step_ahead
from specbench.training.traces.probe import LookAhead
from specbench.training.traces.shadow import Shadow

PLAIN = Settings.from_content(TRAINING)


class Linear(Network):
    """Features θx at every pixel, and fixed decoders that read them by a vector."""

    def __init__(self, theta: Tensor, readers: dict[str, Tensor]) -> None:
        nn.Module.__init__(self)
        self.encoder = nn.Conv2d(theta.shape[1], theta.shape[0], 1, bias=False)
        self.encoder.weight.data = theta[:, :, None, None].clone()
        decoders = {}
        for name, reader in readers.items():
            decoders[name] = nn.Conv2d(len(reader), 1, 1, bias=False)
            decoders[name].weight.data = reader[None, :, None, None].clone()
        self.decoders = Decoders(decoders)


def linear_case(seed: int = 0) -> tuple[dict[str, Task], Batch, Tensor, dict[str, Tensor]]:
    rng = torch.Generator().manual_seed(seed)
    theta = torch.randn(4, 3, generator=rng)
    readers = {name: torch.randn(4, generator=rng) for name in ("a", "b")}
    images = torch.randn(5, 3, 2, 2, generator=rng)
    valid = torch.rand(5, 2, 2, generator=rng) < 0.7
    labels = {
        name: Label(torch.randn(5, 1, 2, 2, generator=rng), valid if name == "a" else ~valid)
        for name in readers
    }
    tasks = {name: Task(name, name, "regression", "mse") for name in readers}
    return tasks, Batch(images, labels), theta, readers


def test_two_linear_tasks_in_closed_form() -> None:
    """L = mean (v·θx − y)², so that ∂L/∂θ = 2 mean (v·θx − y) v xᵀ, and steps are exact."""
    tasks, batch, theta, readers = linear_case()
    network = Linear(theta, readers)
    shadow = Shadow(network, tasks, training=True)
    measured = shadow.measure([batch])

    def pixels(name: str) -> tuple[np.ndarray, np.ndarray]:
        label = batch.labels[name]
        valid = label.valid.numpy()
        return batch.images.numpy().transpose(0, 2, 3, 1)[valid], label.value[:, 0].numpy()[valid]

    def loss(name: str, at: np.ndarray) -> float:
        x, y = pixels(name)
        return float(np.mean((x @ at.T @ readers[name].numpy() - y) ** 2))

    def gradient(name: str) -> np.ndarray:
        (x, y), v = pixels(name), readers[name].numpy()
        error = x @ theta.numpy().T @ v - y
        return 2 * np.outer(v, (error[:, None] * x).mean(0))

    plain = {name: gradient(name) for name in tasks}
    inner, weights = inner_products(measured.gradients)
    assert torch.equal(inner, weights), "a convolution's weights have rank 4"
    for i, one in enumerate(tasks):
        assert float(measured.losses[i]) == pytest.approx(loss(one, theta.numpy()), rel=1e-5)
        for j, two in enumerate(tasks):
            assert float(inner[i, j]) == pytest.approx((plain[one] * plain[two]).sum(), rel=1e-4)
    moment = Moment(0, 0, 0.05, network, None)
    settings = PLAIN
    step_ahead(shadow, LookAhead.SGD, measured.gradients[1], moment, settings)
    after = shadow.losses([batch], [0])
    moved = theta.numpy() - 0.05 * plain["b"]
    assert float(after[0]) == pytest.approx(loss("a", moved), rel=1e-5)
    assert after[1].isnan()
    assert torch.equal(network.shared_parameters()[0].detach()[:, :, 0, 0], theta)


def test_a_step_along_several_batches_is_that_of_all_at_once() -> None:
    tasks, batch, theta, readers = linear_case()
    shadow = Shadow(Linear(theta, readers), tasks, training=False)
    parts = [
        Batch(
            batch.images[piece],
            {n: Label(label.value[piece], label.valid[piece]) for n, label in batch.labels.items()},
        )
        for piece in (slice(0, 2), slice(2, 5))
    ]
    whole, pieces = shadow.measure([batch]), shadow.measure(parts)
    torch.testing.assert_close(whole.losses, pieces.losses)
    torch.testing.assert_close(whole.gradients, pieces.gradients)
    torch.testing.assert_close(shadow.losses(parts, [0, 1]), whole.losses)


def test_equal_tasks_agree_and_a_negated_gradient_is_opposite() -> None:
    tasks, batch, theta, readers = linear_case()
    same = dict.fromkeys(tasks, readers["a"])
    l1 = {name: Task(name, name, "regression", "l1") for name in tasks}
    low = Label(torch.full((5, 1, 2, 2), -100.0), batch.labels["a"].valid)
    high = Label(torch.full((5, 1, 2, 2), 100.0), batch.labels["a"].valid)
    for label, expected in ((low, 1.0), (high, -1.0)):
        case = Batch(batch.images, {"a": low, "b": label})
        measured = Shadow(Linear(theta, same), l1, training=True).measure([case])
        inner, _ = inner_products(measured.gradients)
        cosine = inner[0, 1] / (inner[0, 0] * inner[1, 1]).sqrt()
        assert float(cosine) == pytest.approx(expected, abs=1e-6)


def test_a_task_without_valid_pixels_has_no_loss() -> None:
    tasks, batch, theta, readers = linear_case()
    nothing = torch.zeros(5, 2, 2, dtype=torch.bool)
    labels = {**batch.labels, "b": Label(batch.labels["b"].value, nothing)}
    measured = Shadow(Linear(theta, readers), tasks, training=True).measure(
        [Batch(batch.images, labels)]
    )
    assert measured.losses[0].isfinite()
    assert measured.losses[1].isnan()
    assert measured.gradients[1][0].abs().max() == 0


def test_losses_add_up_in_float64_as_in_float32() -> None:
    tasks, batch, *_ = linear_case()
    output = torch.randn(5, 1, 2, 2, generator=torch.Generator().manual_seed(3))
    one = loss_sum(tasks["a"], output, batch.labels["a"])
    two = loss_sum(tasks["a"], output, batch.labels["a"], torch.float64)
    assert float(one.total) == pytest.approx(float(two.total), rel=1e-6)
    assert two.total.dtype is torch.float64
