"""Transference-guided steps against problems whose best step is known, and against brute force."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from stepping import PAIR, equal, first_batch, installed
from torch import Tensor, nn

from specbench.nets.network import Decoders, Network
from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.training.forward import forward, weighted
from specbench.training.images import Batch
from specbench.training.methods.candidates import combiners, resolved
from specbench.training.methods.contract import Given, Step
from specbench.training.methods.it_mtl import ItMtl, best, transference
from specbench.training.methods.log import Log
from specbench.training.methods.make import make_method
from specbench.training.optimiser import make_optimiser
from specbench.training.settings import Settings
from specbench.training.train import Training, train

By = Callable[..., dict[str, Any]]
Begun = Callable[[dict[str, Any]], Training]
Vector = npt.NDArray[np.float64]
ONES = [["a"], ["b"]]
RATE = 0.1


class Quadratic(Network):
    """Features θ whatever the image of one pixel; task t reads v_t · θ: L_t = (v_t · θ − y_t)²."""

    def __init__(self, theta: Vector, readers: dict[str, Vector]) -> None:
        nn.Module.__init__(self)
        self.encoder = nn.Conv2d(1, len(theta), 1, bias=False)
        self.encoder.weight.data = torch.tensor(theta, dtype=torch.float32)[:, None, None, None]
        decoders = {}
        for name, reader in readers.items():
            decoders[name] = nn.Conv2d(len(reader), 1, 1, bias=False)
            decoders[name].weight.data = torch.tensor(reader, dtype=torch.float32)[
                None, :, None, None
            ]
        self.decoders = Decoders(decoders)


class Case:
    """A quadratic problem of two tasks, stepped by `it_mtl` and by hand."""

    def __init__(self, theta: Vector, readers: dict[str, Vector], wanted: dict[str, float]) -> None:
        self.theta, self.readers, self.wanted = theta, readers, wanted
        self.tasks = {name: Task(name, name, "regression", "mse") for name in readers}
        valid = torch.ones(1, 1, 1, dtype=torch.bool)
        labels = {n: Label(torch.full((1, 1, 1, 1), y), valid) for n, y in wanted.items()}
        self.batch = Batch(torch.ones(1, 1, 1, 1), labels)

    def step(self, candidates: Sequence[Any], **changed: Any) -> tuple[str, dict[str, float]]:
        """Take a step; return the candidate chosen and every candidate's transference."""
        settings = _settings(candidates, tuple(self.tasks), **changed)
        network = Quadratic(self.theta, self.readers)
        method = make_method(Given(network, self.tasks, settings, 0, 1))
        losses = forward(network, self.tasks, self.batch, "fp32")
        optimiser = make_optimiser(settings, network.parameters())
        step = Step(0, self.batch, weighted(self.tasks, losses), [loss.valid for loss in losses])
        method.take(step, optimiser)
        self.moved = network.encoder.weight.detach().flatten().double().numpy()
        rows = {(row["quantity"], row["name"]): row["value"] for row in method.log.means()}
        (chosen,) = (n for (q, n), value in rows.items() if q == "chosen" and value == 1)
        return chosen, {name: v for (q, name), v in rows.items() if q == "transference"}

    def by_hand(self) -> tuple[str, dict[str, float], dict[str, Vector]]:
        """Try out every set of tasks and pcgrad in NumPy: best, transferences, where they lead."""
        off = {t: v @ self.theta - self.wanted[t] for t, v in self.readers.items()}
        slopes = {t: 2 * off[t] * v for t, v in self.readers.items()}
        heads = {t: v - RATE * 2 * off[t] * self.theta for t, v in self.readers.items()}
        a, b = slopes["a"], slopes["b"]
        joint = a + b
        apart = joint
        if a @ b < 0:
            apart = a - (a @ b) / (b @ b) * b + b - (a @ b) / (a @ a) * a
        along = {"mean": joint, "pcgrad": apart, "a": a, "b": b}
        moved = {name: self.theta - RATE * way for name, way in along.items()}

        def losses(theta: Vector) -> Vector:
            return np.array([(heads[t] @ theta - self.wanted[t]) ** 2 for t in heads])

        before = losses(self.theta)
        totals = {name: float((1 - losses(at) / before).sum()) for name, at in moved.items()}
        return max(totals, key=lambda name: totals[name]), totals, moved


def _settings(candidates: Sequence[Any], group: tuple[str, ...], **changed: Any) -> Settings:
    return Settings(
        **{
            "epochs": 1,
            "batch_size": 1,
            "optimizer": "sgd",
            "learning_rate": RATE,
            "weight_decay": 0.0,
            "schedule": "constant",
            "warmup_steps": 0,
            "precision": "fp32",
            "channels_last": False,
            "flip": False,
            "reduction": "sum",
            "method": "it_mtl",
            "method_version": 1,
            "method_settings": {
                "candidates": resolved(candidates, group, {}),
                "look_ahead": "own",
            },
            **changed,
        }
    )


def random_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    readers = {name: rng.normal(size=3) for name in "ab"}
    return Case(rng.normal(size=3), readers, {name: float(rng.normal()) for name in "ab"})


def test_a_step_whose_best_is_plain() -> None:
    """Heads that read one feature against each other: a step for both goes nowhere.

    θ = 0, so that the heads stay as they are. L_a = (θ₁ − 1)², L_b = (3θ₁ + 3)²: alone, a comes
    from 1 to 0.64 and b, with ten times its gradient, overshoots.
    """
    case = Case(np.zeros(2), {"a": np.array([1.0, 0]), "b": np.array([3.0, 0])}, {"a": 1, "b": -3})
    chosen, totals = case.step([*ONES, "mean"])
    assert totals["a"] == pytest.approx((1 - 0.8**2) + (1 - 1.2**2), abs=1e-5)
    assert totals["b"] == pytest.approx((1 - 2.8**2) + (1 - 0.8**2), abs=1e-5)
    assert totals["mean"] == pytest.approx((1 - 2.6**2) + (1 - 0.6**2), abs=1e-5)
    assert chosen == "a"
    assert case.moved == pytest.approx([0.2, 0], abs=1e-6)


def test_it_picks_what_brute_force_picks() -> None:
    picked = []
    for seed in range(60):
        case = random_case(seed)
        chosen, totals = case.step(["mean", "pcgrad", *ONES])
        expected, by_hand, moved = case.by_hand()
        assert totals == pytest.approx(by_hand, rel=2e-3, abs=2e-3)
        near = sorted(by_hand.values())[-1] - by_hand[chosen]
        assert chosen == expected or near < 2e-3 * abs(by_hand[expected]) + 2e-3
        assert case.moved == pytest.approx(moved[chosen], abs=1e-4)
        picked.append(chosen)
    assert set(picked) == {"mean", "pcgrad", "a", "b"}, "each is the best somewhere"


def test_the_choice_is_the_optimisers_own_step_or_a_plain_one() -> None:
    # AdamW's first step is the rate along every sign; a plain one follows the gradient's size.
    case = random_case(3)
    _, own = case.step([*ONES, "mean"], optimizer="adamw")
    settings = {"candidates": resolved([*ONES, "mean"], ("a", "b"), {}), "look_ahead": "sgd"}
    _, plain = case.step([*ONES, "mean"], optimizer="adamw", method_settings=settings)
    assert own != pytest.approx(plain, rel=1e-2)
    heads = {t: v.copy() for t, v in case.readers.items()}
    for task, reader in case.readers.items():
        off = reader @ case.theta - case.wanted[task]
        heads[task] = reader - RATE * np.sign(off * case.theta)
    slope = sum(2 * (v @ case.theta - case.wanted[t]) * v for t, v in case.readers.items())
    before = {t: (heads[t] @ case.theta - case.wanted[t]) ** 2 for t in heads}
    for totals, at in (
        (own, case.theta - RATE * np.sign(slope)),
        (plain, case.theta - RATE * slope),
    ):
        after = {t: (heads[t] @ at - case.wanted[t]) ** 2 for t in heads}
        expected = sum(1 - after[t] / before[t] for t in heads)
        assert totals["mean"] == pytest.approx(expected, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("name", [installed(name) for name in ["equal", *combiners()]])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_with_one_candidate_it_is_that_method_bit_for_bit(
    by: By, folders: dict[str, Path], tmp_path: Path, name: str, optimizer: str
) -> None:
    called = "mean" if name == "equal" else name
    plain = by(name, optimizer=optimizer, epochs=2)
    guided = by("it_mtl", optimizer=optimizer, epochs=2, options={"candidates": [called]})
    runs = [
        train(content, folders, tmp_path / str(i), "cpu", lambda news: None)
        for i, content in enumerate((plain, guided))
    ]
    assert equal(runs[0].best_state, runs[1].best_state)
    assert runs[0].result["losses"] == runs[1].result["losses"]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_on_a_network_it_picks_the_step_that_trying_all_picks(
    by: By, begun: Begun, precision: str
) -> None:
    candidates = ["mean", "pcgrad", "mgda", *([name] for name in PAIR)]
    options = {"candidates": candidates}
    settings = {"learning_rate": 0.02, "optimizer": "adamw", "precision": precision}
    training = begun(by("it_mtl", options=options, **settings))
    learner, batch = training.learner, first_batch(training)
    for step in range(4):
        _tried_all(learner, step, batch)


def _tried_all(learner: Any, number: int, batch: Batch) -> None:
    """Take every candidate's step on a copy, the losses under train-mode statistics and float32."""
    method: Any = learner.method
    losses_after = {}
    for name in method._candidates:
        twin = copy.deepcopy(learner)
        every = twin.method.directions
        twin.method.directions = lambda step, of=every, only=name: {only: of(step)[only]}
        twin.method.log = Log()
        twin.step(number, batch)
        losses_after[name] = _losses(twin.network, learner, batch)
    # Before the step of the shared parameters: the decoders moved alone.
    alone = copy.deepcopy(twin.network)
    alone.encoder.load_state_dict(learner.network.encoder.state_dict())
    before = _losses(alone, learner, batch)
    totals = {name: transference(before, after) for name, after in losses_after.items()}
    learner.step(number, batch)
    chosen = method.log._series["chosen"]
    picked = chosen.names[int(np.argmax(chosen.rows[-1][2:]))]
    assert picked == best(totals)
    found = dict(zip(chosen.names, method.log._series["transference"].rows[-1][2:], strict=True))
    assert found == pytest.approx(totals, rel=1e-4, abs=1e-5)


def _losses(network: Network, learner: Any, batch: Batch) -> Tensor:
    twin = copy.deepcopy(network).train()
    with torch.no_grad():
        found = forward(twin, learner._tasks, batch, "fp32")
    return torch.stack([loss.total.double() / loss.valid for loss in found])


def test_of_a_list_a_network_takes_the_tasks_that_it_learns() -> None:
    group = ("a", "b")
    assert resolved([["b", "z"], "mean", ["z"], ["b"]], group, {}) == [
        {"method": "mean"},
        {"tasks": ["b"]},
    ]
    assert resolved([["b", "a", "z"]], group, {}) == [{"method": "mean"}], "all of them"
    named = resolved(["mgda"], group, {"mgda": {"iterations": 7}})
    assert named[0]["settings"] == {"epsilon": 0.001, "iterations": 7}
    once, turned = ["pcgrad", "mean", ["a"], ["b"]], [["b"], ["a"], "mean", "pcgrad"]
    assert resolved(once, group, {}) == resolved(turned, group, {}), "order decides nothing"


def test_transference_of_losses_that_are_zero_or_unknown() -> None:
    nan, inf = float("nan"), float("inf")
    one = torch.tensor([2.0, nan, 0.0])
    assert transference(one, torch.tensor([1.0, 5.0, 0.0])) == pytest.approx(0.5)
    assert transference(one, torch.tensor([1.0, nan, 1e-9])) == -inf
    assert transference(one, torch.tensor([nan, 1.0, 0.0])) == -inf
    assert transference(one, torch.tensor([inf, 1.0, 0.0])) == -inf
    assert best({"x": 1.0, "y": 2.0, "z": 2.0}) == "y"
    assert best({"x": -inf, "y": -inf}) == "x"


def test_decoders_move_first_and_never_by_a_candidate(by: By, begun: Begun) -> None:
    heads = []
    for candidates in (["mean"], [["normal"], ["segment_semantic"]]):
        training = begun(by("it_mtl", options={"candidates": candidates}))
        training.learner.step(0, first_batch(training))
        heads.append(training.learner.network.decoders.state_dict())
    assert equal(*heads)


def test_its_shadow_follows_the_network(by: By, begun: Begun) -> None:
    training = begun(by("it_mtl"))
    for step in range(2):
        training.learner.step(step, first_batch(training))
    method = training.learner.method
    assert isinstance(method, ItMtl)
    assert method._shadow is not None
    assert all(p.dtype == torch.float32 for p in method._shadow.network.parameters())
