"""What the methods that weigh losses make of known ones, and GradNorm's weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from stepping import PAIR, first_batch
from torch import Tensor, nn

from specbench.training.methods.catalogue import METHODS
from specbench.training.methods.from_torchjd import make_scalariser
from specbench.training.methods.losses import Scalariser, still
from specbench.training.train import Training

By = Callable[..., dict[str, Any]]
Begun = Callable[[dict[str, Any]], Training]


def scalariser(name: str, tasks: int = 2, **options: Any) -> Scalariser:
    return make_scalariser(name, METHODS[name].options(**options), tasks, torch.device("cpu"))


def slopes(one: Scalariser, losses: list[float], seed: int = 0) -> list[float]:
    """Return what each loss counts: the derivative of the joined loss by it."""
    leaf = torch.tensor(losses, requires_grad=True)
    one.joined(leaf, seed).backward()
    assert leaf.grad is not None
    return [float(value) for value in leaf.grad]


def test_uncertainty_learns_to_divide_by_the_loss() -> None:
    # ½ exp(−s) L + ½ s has its minimum at exp(s) = L, where the loss counts 1 / 2L.
    one = scalariser("uncertainty")
    assert slopes(one, [4.0, 0.5]) == pytest.approx([0.5, 0.5])
    descent = torch.optim.SGD(list(one.parameters()), lr=0.5)
    for _ in range(400):
        descent.zero_grad()
        one.joined(torch.tensor([4.0, 0.5]), 0).backward()
        descent.step()
    assert slopes(one, [4.0, 0.5]) == pytest.approx([1 / 8, 1], rel=1e-3)


def test_imtl_l_brings_all_losses_to_one() -> None:
    one = scalariser("imtl_l")
    assert slopes(one, [4.0, 0.5]) == pytest.approx([1, 1])
    descent = torch.optim.SGD(list(one.parameters()), lr=0.1)
    for _ in range(400):
        descent.zero_grad()
        one.joined(torch.tensor([4.0, 0.5]), 0).backward()
        descent.step()
    assert slopes(one, [4.0, 0.5]) == pytest.approx([1 / 4, 2], rel=1e-3)


def test_dwa_weighs_by_how_slowly_losses_fell_over_two_epochs() -> None:
    one = scalariser("dwa", temperature=2.0)
    for losses in ([4.0, 1.0], [2.0, 1.0]):
        for around in (0.5, 1.5):
            assert slopes(one, [around * value for value in losses]) == [1, 1]
        one.end_epoch()
    slow, fast = math.exp(1.0 / 2), math.exp(0.5 / 2)
    expected = [2 * fast / (fast + slow), 2 * slow / (fast + slow)]
    assert slopes(one, [1.0, 1.0]) == pytest.approx(expected)


def test_famo_favours_the_loss_that_fell_least() -> None:
    one = scalariser("famo", learning_rate=0.1, weight_decay=0.0)
    # Equal logits: c z / L with c = 1 / Σ (z / L).
    assert slopes(one, [4.0, 1.0]) == pytest.approx([0.2, 0.8], rel=1e-5)
    one.see_again(torch.tensor([4.0, 0.5]))
    # Adam's first step is the rate, against the sign of each slope: towards the first task.
    first, second = math.exp(0.1), math.exp(-0.1)
    counted = first / 4 + second / 1
    found = slopes(one, [4.0, 1.0])
    assert found == pytest.approx([first / 4 / counted, second / counted], rel=1e-4)


def test_the_geometric_mean_counts_a_loss_by_its_inverse() -> None:
    one = scalariser("geometric_mean")
    assert slopes(one, [4.0, 1.0]) == pytest.approx([2 / 8, 2 / 2])
    assert all(math.isfinite(value) for value in slopes(one, [0.0, 1.0]))


def test_random_weights_sum_to_one_and_come_from_the_seed() -> None:
    one = scalariser("random", tasks=3)
    found = [slopes(one, [1.0, 2.0, 3.0], seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert all(sum(weights) == pytest.approx(1) for weights in found)
    assert min(min(weights) for weights in found) > 0


def test_still_leaves_running_statistics_and_normalises_by_the_batch() -> None:
    norm = nn.BatchNorm2d(3).train()
    images = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    with still(norm):
        inside = norm(images)
    assert norm.num_batches_tracked == 0
    assert not norm.running_mean.any()
    torch.testing.assert_close(norm(images), inside)
    assert norm.num_batches_tracked == 1


def test_absent_labels_stand_with_the_last_loss(by: By, begun: Begun) -> None:
    """DWA's means see the last loss, so a batch without labels looks like no progress."""
    training = begun(by("dwa", learning_rate=1e-9))
    training.learner.step(0, first_batch(training))
    method: Any = training.learner.method
    known = method._last.clone()
    training.learner.step(1, first_batch(training, without="normal"))
    assert method._last[0] == known[0]
    assert float(method._last[1]) == pytest.approx(float(known[1]), rel=1e-4)


def test_gradnorm_learns_weights_under_which_gradients_are_one_size(by: By, begun: Begun) -> None:
    # alpha = 0: the pace of a task does not matter.
    content = by("gradnorm", options={"alpha": 0.0, "learning_rate": 0.05}, learning_rate=1e-9)
    content["tasks"]["normal"]["weight"] = 20.0
    training = begun(content)
    method: Any = training.learner.method

    def sizes() -> Tensor:
        found: list[Tensor] = []
        real = method._sizes
        method._sizes = lambda step: found.append(real(step)) or found[-1]
        training.learner.step(0, first_batch(training))
        method._sizes = real
        weights: Tensor = method._weights
        return found[0] * weights

    before = sizes()
    assert float(before.max() / before.min()) > 3
    for step in range(150):
        training.learner.step(step, first_batch(training))
    after = sizes()
    assert float(after.max() / after.min()) < 1.3
    assert float(method._weights.sum()) == pytest.approx(len(PAIR), rel=1e-5)


def test_gradnorm_favours_a_task_that_lags_behind(by: By, begun: Begun) -> None:
    training = begun(by("gradnorm", options={"alpha": 1.5}))
    method: Any = training.learner.method
    sizes, everyone = torch.tensor([1.0, 1.0]), torch.tensor([True, True])
    method._learn(torch.tensor([2.0, 2.0]), sizes, everyone)
    assert method._weights.tolist() == [1, 1]
    method._learn(torch.tensor([2.0, 1.0]), sizes, everyone)
    assert method._weights[0] > 1 > method._weights[1]
    method._learn(torch.tensor([0.0, 0.0]), sizes, everyone)
    assert method._weights.isfinite().all()
    assert float(method._weights.sum()) == pytest.approx(2)
