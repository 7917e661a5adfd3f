from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specbench.errors import TrainingError
from specbench.tasks.labels import Label
from specbench.tasks.losses import loss_sum
from specbench.training.evaluate import evaluate
from specbench.training.images import Images, open_split
from specbench.training.weights import make_network, tasks_of

NAMES = ("depth_zbuffer", "normal", "segment_semantic")
Describe = Callable[..., dict[str, Any]]


def test_batch_size_changes_nothing(describe: Describe, folders: dict[str, Path]) -> None:
    content = describe(*NAMES)
    tasks, network = tasks_of(content), make_network(content)
    images = Images(open_split(tasks, folders, "val"), tasks)
    whole = evaluate(network, images, tasks, 11)
    for batch_size in (1, 4):
        parts = evaluate(network, images, tasks, batch_size)
        for name in NAMES:
            assert parts[name].loss == pytest.approx(whole[name].loss, rel=1e-6)
            assert parts[name].metrics == pytest.approx(whole[name].metrics, rel=1e-5)


def test_it_is_the_mean_over_all_valid_pixels(describe: Describe, folders: dict[str, Path]) -> None:
    content = describe("depth_zbuffer")
    tasks, network = tasks_of(content), make_network(content).eval()
    images = Images(open_split(tasks, folders, "val"), tasks)
    everything = images.batch(np.arange(11))
    label = everything.labels["depth_zbuffer"]
    with torch.no_grad():
        output = network(everything.images)["depth_zbuffer"]
    by_hand = (output - label.value).abs()[label.valid[:, None]].mean()
    found = evaluate(network, images, tasks, 3)["depth_zbuffer"].loss
    assert found == pytest.approx(by_hand.item(), rel=1e-6)
    assert loss_sum(tasks["depth_zbuffer"], output, label).mean() == pytest.approx(found, rel=1e-6)


def test_evaluating_changes_neither_mode_nor_weights(
    describe: Describe, folders: dict[str, Path]
) -> None:
    content = describe("normal")
    tasks, network = tasks_of(content), make_network(content).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    evaluate(network, Images(open_split(tasks, folders, "val"), tasks), tasks, 4)
    assert network.training
    assert all(torch.equal(before[name], now) for name, now in network.state_dict().items())


def test_a_split_without_a_valid_label_is_an_error(
    describe: Describe, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = describe("normal")
    tasks, network = tasks_of(content), make_network(content)

    def nowhere(*_: Any) -> Label:
        return Label(torch.zeros(11, 3, 16, 16), torch.zeros(11, 16, 16, dtype=torch.bool))

    monkeypatch.setattr("specbench.training.images.prepare", nowhere)
    images = Images(open_split(tasks, folders, "val"), tasks)
    with pytest.raises(TrainingError, match="task normal has no valid label"):
        evaluate(network, images, tasks, 11)
