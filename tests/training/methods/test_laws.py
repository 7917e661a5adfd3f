"""What every training method must keep to, whatever it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stepping import PAIR, equal, first_batch, installed
from traced import Cut, cut_after

from specbench.training.checkpoint import load_checkpoint
from specbench.training.methods.catalogue import METHODS
from specbench.training.train import Training, train

By = Callable[..., dict[str, Any]]
Begun = Callable[[dict[str, Any]], Training]
every = pytest.mark.parametrize("name", [installed(name) for name in METHODS])
others = pytest.mark.parametrize("name", [installed(name) for name in METHODS if name != "equal"])


def last_state(content: dict[str, Any], work: Path) -> dict[str, Any]:
    state = load_checkpoint(work, content)
    assert state is not None
    state["record"].pop("seconds")
    return state


@every
def test_a_resumed_training_goes_on_bit_for_bit(
    by: By, folders: dict[str, Path], tmp_path: Path, name: str
) -> None:
    content = by(name, epochs=3, optimizer="adamw", learning_rate=0.01, schedule="constant")
    content["data"]["input"] = "rgb"
    train(content, folders, tmp_path / "whole", "cpu", lambda news: None)
    for epoch in (1, 2):
        with pytest.raises(Cut):
            train(content, folders, tmp_path / "cut", "cpu", cut_after(epoch))
    train(content, folders, tmp_path / "cut", "cpu", lambda news: None)
    whole, cut = (last_state(content, tmp_path / place) for place in ("whole", "cut"))
    assert equal(whole, cut), "weights, optimiser, the method's own state and log, curves"


@every
def test_nothing_global_is_drawn_from_and_a_seed_repeats(by: By, begun: Begun, name: str) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    states = []
    for seed in (0, 0, 1):
        training = begun(by(name, seed=seed))
        training.learner.step(0, first_batch(training))
        states.append(training.learner.state()["network"])
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert equal(states[0], states[1])
    assert not equal(states[0], states[2])


@others
def test_batch_statistics_are_those_of_one_forward_pass(by: By, begun: Begun, name: str) -> None:
    found = []
    for method in ("equal", name):
        training = begun(by(method))
        training.learner.step(0, first_batch(training))
        found.append(dict(training.learner.network.named_buffers()))
        assert all(module.training for module in training.learner.network.modules())
    assert equal(*found)


@every
def test_the_losses_returned_are_those_before_the_step(by: By, begun: Begun, name: str) -> None:
    plain, training = begun(by("equal")), begun(by(name))
    expected = plain.learner.step(0, first_batch(plain))
    assert equal(list(training.learner.step(0, first_batch(training))), list(expected))


@every
def test_a_task_without_labels_in_a_batch_counts_for_nothing(
    by: By, begun: Begun, name: str
) -> None:
    # All of the step comes from the task that has labels, and of that there is a step.
    training = begun(by(name, weight_decay=0.0, momentum=0.0))
    network = training.learner.network
    before = {key: value.clone() for key, value in network.named_parameters()}
    for step in range(3):
        training.learner.step(step, first_batch(training, without="normal"))
    moved = {key for key, value in network.named_parameters() if not equal(value, before[key])}
    assert all(bool(value.isfinite().all()) for value in network.state_dict().values())
    assert moved == {key for key in before if "of normal" not in key}


@every
def test_steps_in_bf16_are_finite_and_close_to_those_in_fp32(
    by: By, begun: Begun, name: str
) -> None:
    weights = []
    for precision in ("fp32", "bf16"):
        training = begun(by(name, precision=precision, learning_rate=1e-3))
        before = torch.cat([p.detach().flatten() for p in training.learner.network.parameters()])
        training.learner.step(0, first_batch(training))
        after = torch.cat([p.detach().flatten() for p in training.learner.network.parameters()])
        weights.append(after - before)
    cosine = torch.nn.functional.cosine_similarity(*weights, dim=0)
    assert float(cosine) > 0.8


@others
def test_the_log_has_a_row_a_step(by: By, begun: Begun, name: str) -> None:
    training = begun(by(name))
    training.steps = 2
    for step in range(3):
        training.learner.step(step, first_batch(training))
    log = training.learner.method.log
    assert len(log) == (0 if name == "graddrop" else 3)
    for row in log.means():
        assert row["epoch"] == 0
        assert np.isfinite(row["value"])
        if row["quantity"] == "weight":
            assert row["name"] in PAIR


@pytest.mark.parametrize("name", [installed(n) for n, m in METHODS.items() if m.random])
def test_random_methods_draw_anew_at_every_step(by: By, begun: Begun, name: str) -> None:
    content = by(name, *PAIR, "edge_texture", learning_rate=1e-12, weight_decay=0.0)
    training = begun(content)
    seen = []
    for step in range(6):
        training.learner.optimiser.zero_grad()
        training.learner.step(step, first_batch(training))
        shared = training.learner.network.shared_parameters()
        seen.append(torch.cat([p.grad.flatten() for p in shared if p.grad is not None]))
    apart = [float((one - seen[0]).norm() / seen[0].norm()) for one in seen[1:]]
    assert max(apart) > 1e-3, "the batch and nearly the weights are the same at every step"
