"""What each method makes of known gradients: the properties that its paper states."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from stepping import installed
from torch import Tensor

from specbench.training.methods.candidates import combiners
from specbench.training.methods.catalogue import METHODS
from specbench.training.methods.from_torchjd import make_combiner, root
from specbench.training.methods.gradients import Combined, laid_out

Rows = list[list[float]]
ALL = [installed(name) for name in combiners()]
SCALE_FREE = [installed(n) for n in combiners() if n not in ("nash_mtl", "fairgrad", "gradvac")]
SYMMETRIC = [installed(n) for n in combiners() if not METHODS[n].random]
CONFLICT = [[1.0, 0.0, 0.0], [-2.0, 2.0, 1.0]]
"""Two gradients with a negative inner product, and of unlike length."""


def combine(
    name: str, rows: Rows, present: list[bool] | None = None, seed: int = 0, **options: Any
) -> Combined:
    """Combine gradients of two parameters, whose entries joined are the rows."""
    gradients = [[torch.tensor(row[:2]), torch.tensor([row[2:]])] for row in rows]
    chosen = METHODS[name].options(**options)
    combiner = make_combiner(name, chosen, len(rows))
    return combiner.combine(gradients, present or [True] * len(rows), seed)


def direction(name: str, rows: Rows, **more: Any) -> Tensor:
    """Return the combined gradient as one vector, float64."""
    gradient = combine(name, rows, **more).gradient
    return torch.cat([part.flatten() for part in gradient]).double()


def random_rows(seed: int, tasks: int = 3, size: int = 7) -> Rows:
    rows: Rows = torch.randn(tasks, size, generator=torch.Generator().manual_seed(seed)).tolist()
    return rows


def weights_of(combined: Combined) -> list[float]:
    assert combined.weights is not None
    return combined.weights


@pytest.mark.parametrize("name", ALL)
def test_it_is_the_weighted_sum_that_it_says(name: str) -> None:
    rows = random_rows(1)
    combined = combine(name, rows)
    if name == "graddrop":
        assert combined.weights is None
        return
    expected = torch.tensor(weights_of(combined)) @ torch.tensor(rows)
    torch.testing.assert_close(direction(name, rows).float(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", SCALE_FREE)
@pytest.mark.parametrize("factor", [1e-6, 1e4])
def test_the_unit_of_the_losses_is_that_of_the_step(name: str, factor: float) -> None:
    rows = random_rows(2)
    scaled = [[factor * value for value in row] for row in rows]
    torch.testing.assert_close(
        direction(name, scaled), factor * direction(name, rows), rtol=2e-3, atol=2e-3 * factor
    )


@pytest.mark.parametrize("name", SYMMETRIC)
def test_the_order_of_the_tasks_does_not_matter(name: str) -> None:
    rows = random_rows(3)
    torch.testing.assert_close(
        direction(name, rows[::-1]), direction(name, rows), rtol=2e-2, atol=2e-2
    )


@pytest.mark.parametrize("name", ALL)
def test_gradients_of_zero_and_not_finite_ones_do_no_harm(name: str) -> None:
    zeros = [[0.0] * 4, [0.0] * 4]
    assert not direction(name, zeros).any()
    broken = direction(name, [[float("nan")] * 4, [1.0] * 4])
    assert broken.isnan().any() or name == "graddrop", "the training is to notice"
    one = direction(name, [[0.0] * 4, [1.0, 2.0, 0.0, 2.0]], present=[False, True])
    assert one.isfinite().all()
    assert torch.nn.functional.cosine_similarity(one, torch.tensor([1.0, 2, 0, 2]), dim=0) > 0.99


def test_the_same_gradient_twice_is_followed(subtests: Any) -> None:
    row = [3.0, 0.0, 4.0]
    for name in combiners():
        if METHODS[name].missing():
            continue
        with subtests.test(name):
            found = direction(name, [row, row])
            expected = torch.tensor(row, dtype=torch.float64)
            assert torch.nn.functional.cosine_similarity(found, expected, dim=0) > 0.999


def test_pcgrad_projects_each_gradient_off_the_other() -> None:
    one, two = torch.tensor(CONFLICT, dtype=torch.float64)
    expected = one - (one @ two) / (two @ two) * two + two - (one @ two) / (one @ one) * one
    torch.testing.assert_close(direction("pcgrad", CONFLICT), expected, rtol=1e-6, atol=1e-6)
    agreeing = [[1.0, 0.0, 0.0], [2.0, 2.0, 1.0]]
    assert weights_of(combine("pcgrad", agreeing)) == [1.0, 1.0]


def test_pcgrad_visits_the_others_in_an_order_drawn_by_the_seed() -> None:
    # With two conflicting others the order matters.
    rows = [[1.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, -0.9, 0.5]]
    found = {tuple(direction("pcgrad", rows, seed=seed).tolist()) for seed in range(20)}
    assert len(found) > 1
    once, again = (direction("pcgrad", rows, seed=5) for _ in range(2))
    assert torch.equal(once, again)


def test_gradvac_without_memory_turns_a_conflict_into_a_right_angle() -> None:
    # The usual similarity starts at 0: both gradients are turned until their cosine is 0, which
    # keeps their length across the other and is what pcgrad's projection is up to length.
    one, two = torch.tensor(CONFLICT, dtype=torch.float64)
    projected = one - (one @ two) / (two @ two) * two, two - (one @ two) / (one @ one) * one
    torch.testing.assert_close(direction("gradvac", CONFLICT), sum(projected), rtol=1e-5, atol=1e-5)


def test_mgda_is_the_shortest_convex_combination() -> None:
    found = direction("mgda", CONFLICT, epsilon=1e-7, iterations=1000)
    one, two = torch.tensor(CONFLICT, dtype=torch.float64)
    lengths = [(a * one + (1 - a) * two).norm() for a in torch.linspace(0, 1, 10_001)]
    assert float(found.norm()) == pytest.approx(float(min(lengths)), abs=1e-4)
    assert sum(weights_of(combine("mgda", CONFLICT))) == pytest.approx(1)


@pytest.mark.parametrize("name", [installed(name) for name in ("upgrad", "dualproj")])
@pytest.mark.parametrize("seed", range(5))
def test_steps_that_conflict_with_no_task(name: str, seed: int) -> None:
    rows = random_rows(seed)
    rows[1] = [-value + 0.1 * other for value, other in zip(rows[0], rows[1], strict=True)]
    products = torch.tensor(rows, dtype=torch.float64) @ direction(name, rows)
    assert float(products.min()) > -0.02 * float(products.abs().max())


@pytest.mark.parametrize("name", [installed(name) for name in ("upgrad", "dualproj")])
def test_without_a_conflict_the_mean_gradient_is_kept(name: str) -> None:
    rows = [[1.0, 0.0, 1.0], [0.0, 2.0, 1.0]]
    mean = torch.tensor(rows, dtype=torch.float64).mean(0)
    torch.testing.assert_close(direction(name, rows), mean, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [installed("cagrad")])
def test_cagrad_stays_in_its_ball_and_helps_the_worst_task(name: str) -> None:
    mean = torch.tensor(CONFLICT, dtype=torch.float64).mean(0)
    torch.testing.assert_close(direction(name, CONFLICT, c=0.0), mean, rtol=1e-5, atol=1e-5)
    rows = torch.tensor(CONFLICT, dtype=torch.float64)
    found = direction(name, CONFLICT, c=0.5)
    assert float((found - mean).norm()) == pytest.approx(0.5 * float(mean.norm()), rel=1e-4)
    worst = float((rows @ found).min())
    angles = torch.linspace(0, 6.2832, 5000, dtype=torch.float64)
    plane, _ = torch.linalg.qr(rows.T)
    circle = plane @ torch.stack([angles.cos(), angles.sin()]) * 0.5 * mean.norm()
    assert worst == pytest.approx(float((rows @ (mean[:, None] + circle)).amin(0).max()), rel=1e-3)


def test_imtl_g_goes_equally_far_along_every_gradient() -> None:
    rows = torch.tensor(random_rows(4), dtype=torch.float64)
    along = (rows / rows.norm(dim=1, keepdim=True)) @ direction("imtl_g", rows.tolist())
    torch.testing.assert_close(along, along[0].expand(3), rtol=1e-4, atol=1e-5)
    assert sum(weights_of(combine("imtl_g", rows.tolist()))) == pytest.approx(1)


def test_config_has_one_cosine_with_every_gradient() -> None:
    rows = torch.tensor(random_rows(4), dtype=torch.float64)
    found = direction("config", rows.tolist())
    cosines = torch.nn.functional.cosine_similarity(rows, found[None], dim=1)
    torch.testing.assert_close(cosines, cosines[0].expand(3), rtol=1e-4, atol=1e-5)
    length = float((rows @ (found / found.norm())).sum())
    assert float(found.norm()) == pytest.approx(length, rel=1e-4)


@pytest.mark.parametrize(("scale", "pick"), [("min", torch.min), ("median", torch.median)])
def test_aligned_mtl_is_the_mean_of_orthogonal_gradients_of_one_length(
    scale: str, pick: Any
) -> None:
    rows = torch.tensor(random_rows(5), dtype=torch.float64)
    left, singular, right = torch.linalg.svd(rows, full_matrices=False)
    aligned = pick(singular) * left @ right
    found = direction("aligned_mtl", rows.tolist(), scale=scale)
    torch.testing.assert_close(found, aligned.mean(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [installed("nash_mtl")])
def test_nash_mtl_gives_every_task_the_inverse_of_its_weight(name: str) -> None:
    # The bargain: G α = 1 / α for inner products G.
    rows = torch.tensor(random_rows(6), dtype=torch.float64)
    weights = torch.tensor(weights_of(combine(name, rows.tolist(), max_norm=0.0)))
    share = weights * (rows.float() @ rows.float().T @ weights)
    torch.testing.assert_close(share / share.mean(), torch.ones(3), rtol=0.02, atol=0.02)
    short = direction(name, [[100 * v for v in row] for row in rows.tolist()], max_norm=0.5)
    assert float(short.norm()) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_fairgrad_solves_its_equation(alpha: float) -> None:
    rows = torch.tensor(random_rows(7), dtype=torch.float64)
    weights = torch.tensor(weights_of(combine("fairgrad", rows.tolist(), alpha=alpha)))
    left, right = rows @ rows.T @ weights.double(), weights.double() ** (-1 / alpha)
    torch.testing.assert_close(left, right, rtol=1e-3, atol=1e-3)


def test_graddrop_keeps_one_sign_an_entry_and_the_leak() -> None:
    rows = [[1.0, -1.0, 2.0, 0.0], [3.0, 2.0, -1.0, 0.0]]
    both = {tuple(direction("graddrop", rows, seed=seed).tolist()) for seed in range(40)}
    assert {values[0] for values in both} == {4.0}, "where signs agree nothing is dropped"
    assert {values[1] for values in both} == {-1.0, 2.0}
    assert {values[2] for values in both} == {2.0, -1.0}
    assert {values[3] for values in both} == {0.0}
    assert direction("graddrop", rows, leak=1.0).tolist() == [4.0, 1.0, 1.0, 0.0]


def test_graddrop_drops_in_proportion_to_the_agreement() -> None:
    rows = [[3.0] * 4000, [-1.0] * 4000]
    kept = direction("graddrop", rows)
    assert float((kept > 0).double().mean()) == pytest.approx(0.75, abs=0.03)


def test_the_root_has_the_inner_products() -> None:
    rows = torch.tensor(random_rows(8), dtype=torch.float64)
    inner = rows @ rows.T
    torch.testing.assert_close(root(inner) @ root(inner).T, inner)
    flat = torch.ones(2, 2, dtype=torch.float64)
    torch.testing.assert_close(root(flat) @ root(flat), flat)


def test_a_gradient_is_laid_out_like_its_parameter() -> None:
    """Fused optimisers read memory as it lies, so another order would mix entries up."""
    parameter = torch.nn.Parameter(torch.zeros(4, 3, 2, 2).to(memory_format=torch.channels_last))
    gradient = torch.randn(4, 3, 2, 2)
    parameter.grad = laid_out(gradient, parameter)
    torch.optim.SGD([parameter], lr=1.0, fused=True).step()
    assert torch.equal(parameter.detach(), -gradient)
    same = torch.randn_like(parameter)
    assert laid_out(same, parameter) is same
