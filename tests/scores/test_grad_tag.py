"""Grad-TAG against exact retraining where a network is linear, and its parts in closed form."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from specbench.scores.grad_tag import GradTag, subsets
from specbench.scores.linearised import Loss, Samples, best_step
from specbench.scores.projected import Projection, log_odds
from specbench.testing.probes import TASKS, make_inputs
from specbench.testing.scores import ScoreContract, values

SCORE = GradTag()
RIDGE = 0.05


class TestContract(ScoreContract):
    score = SCORE


class Bench:
    """Three tasks whose heads read 2 x 3 shared weights linearly: linearising changes nothing."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.base = rng.normal(size=(2, 3))
        self.x = rng.normal(size=(60, 3))
        self.heads = {"absolute": rng.normal(size=2), "squared": rng.normal(size=2)}
        # Of two classes, since log-odds of more are no linear function.
        self.heads |= {"classes": rng.normal(size=(2, 2))}
        self.labels = {"absolute": rng.normal(size=60), "squared": rng.normal(size=60)}
        self.labels |= {"classes": rng.integers(0, 2, 60)}

    def output(self, task: str, shared: torch.Tensor, rows: slice) -> torch.Tensor:
        """Return the numbers that a task's loss is of, at the shared weights."""
        x, head = torch.from_numpy(self.x[rows]), torch.from_numpy(self.heads[task])
        out = x @ shared.T @ (head.T if head.ndim > 1 else head)
        label = torch.from_numpy(self.labels[task][rows])
        if task != "classes":
            return out - label
        return torch.stack([log_odds(row, int(k)) for row, k in zip(out, label, strict=True)])

    def loss(self, task: str, shared: torch.Tensor, rows: slice) -> torch.Tensor:
        """Return the task's own loss, written as training writes it."""
        if task == "classes":
            x = torch.from_numpy(self.x[rows])
            logits = x @ shared.T @ torch.from_numpy(self.heads[task]).T
            return F.cross_entropy(logits, torch.from_numpy(self.labels[task][rows]))
        error = self.output(task, shared, rows)
        return error.abs().mean() if task == "absolute" else error.square().mean()

    def samples(self, rows: slice) -> dict[str, Samples]:
        found = {}
        kinds = {"absolute": Loss.ABSOLUTE, "squared": Loss.SQUARED, "classes": Loss.LOGISTIC}
        for task, kind in kinds.items():
            shared = torch.from_numpy(self.base.copy()).requires_grad_(True)
            z = self.output(task, shared, rows)
            gradients = [torch.autograd.grad(one, shared, retain_graph=True)[0] for one in z]
            flat = torch.stack(gradients).flatten(1).numpy()
            found[task] = Samples(kind, z.detach().numpy(), flat)
        return found

    def retrained(self, group: tuple[str, ...], weight: float, rows: slice) -> torch.Tensor:
        """Return the shared weights of least loss, plus the ridge, by another optimiser."""
        start = torch.from_numpy(self.base)
        shared = start.clone().requires_grad_(True)
        optimiser = torch.optim.Adam([shared], lr=0.02)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.995)
        for _ in range(2500):
            optimiser.zero_grad()
            total = sum(self.loss(task, shared, rows) for task in group)
            (total + weight * (shared - start).square().sum() / 2).backward()
            optimiser.step()
            schedule.step()
        return shared.detach()


@pytest.mark.parametrize("group", [("squared",), ("absolute", "squared"), ("classes", "squared")])
def test_predicted_losses_are_those_of_retraining_a_linear_network(group: tuple[str, ...]) -> None:
    bench, train, held = Bench(0), slice(0, 40), slice(40, 60)
    fitted, read = bench.samples(train), bench.samples(held)
    step = best_step(fitted, group, RIDGE)
    weight = RIDGE * sum(fitted[task].stiffness for task in group)
    shared = bench.retrained(group, weight, train)
    for task in group:
        found, exact = read[task].mean_loss(step), float(bench.loss(task, shared, held))
        # A sum of absolute errors has kinks, on which neither optimiser settles exactly.
        assert found == pytest.approx(exact, rel=1e-2 if "absolute" in group else 1e-3)


def test_squared_errors_in_closed_form() -> None:
    rng = np.random.default_rng(0)
    one, two = (
        Samples(Loss.SQUARED, rng.normal(size=n), rng.normal(size=(n, 4))) for n in (30, 50)
    )
    step = best_step({"a": one, "b": two}, ("a", "b"), 0.3)
    curvature = 0.3 * (one.stiffness + two.stiffness) * np.eye(4)
    slope = np.zeros(4)
    for s in (one, two):
        curvature += 2 * s.gradients.T @ s.gradients / len(s.start)
        slope += 2 * s.gradients.T @ s.start / len(s.start)
    exact = -np.linalg.solve(curvature, slope)
    np.testing.assert_allclose(step, exact, atol=1e-6)


def test_log_odds_give_the_cross_entropy() -> None:
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for row, label in zip(logits, (0, 3, 6, 2, 2), strict=True):
        exact = F.cross_entropy(row[None], torch.tensor([label]))
        found = F.softplus(-log_odds(row, label))
        torch.testing.assert_close(found, exact)


def test_a_projection_keeps_inner_products_on_average() -> None:
    rng = torch.Generator().manual_seed(0)
    one = torch.randn(5000, generator=rng)
    two = one + torch.randn(5000, generator=rng)
    sketch = Projection(5000, 400, "cpu")
    found = sketch([one]) @ sketch([two])
    assert float(found / (one.double() @ two.double())) == pytest.approx(1, abs=0.25)
    small = Projection(6, 400, "cpu")
    assert small([torch.arange(4.0), torch.arange(2.0)]).tolist() == [0, 1, 2, 3, 0, 1]


def test_every_set_of_few_tasks_and_pairs_of_many() -> None:
    assert len(subsets(list("abcd"))) == 2**4 - 1
    assert len(subsets([f"task {i}" for i in range(9)])) == 9 + 36


def test_groups_have_values_of_their_own(tmp_path: Path) -> None:
    scored = SCORE.compute(make_inputs(tmp_path, SCORE, TASKS[:4]))
    large = {network for _, network in scored.groups}
    assert large == {
        "+".join(sorted(group)) for k in (3, 4) for group in itertools.combinations(TASKS[:4], k)
    }
    assert all(target in network.split("+") for target, network in scored.groups)


def test_a_strong_ridge_leaves_the_base_network(tmp_path: Path) -> None:
    stiff = SCORE.compute(make_inputs(tmp_path, SCORE, TASKS[:3], {"ridge": 1e9}))
    assert all(abs(v) < 1e-5 for v in values(stiff).values() if v is not None)
