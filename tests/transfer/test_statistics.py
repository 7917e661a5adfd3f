"""The statistics of transfer: intervals that cover, a test that keeps its level, ties, gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from specbench.stats.transfer import (
    against_random,
    gains_over,
    growth,
    mean_interval,
    over_seeds,
    over_targets,
    pareto,
    spread,
)


def test_gains_are_signed_so_that_better_is_positive() -> None:
    losses, base = np.array([[0.5, 2.0]]), np.array([[1.0, 1.0]])
    lower = np.array([False, False])
    assert gains_over(losses, base, relative=True, higher_is_better=lower).tolist() == [[0.5, -1.0]]
    higher = np.array([True, False])
    found = gains_over(losses, base, relative=False, higher_is_better=higher)
    assert found.tolist() == [[-0.5, -1.0]]
    zero = gains_over(losses, 0 * base, relative=True, higher_is_better=lower)
    assert np.isnan(zero).all()


def test_an_interval_is_students() -> None:
    values = np.array([1.0, 2.0, 4.0])
    low, high, reason = mean_interval(values, "target")
    expected = stats.t.interval(0.95, 2, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(expected)
    assert not reason
    assert "one target" in mean_interval(values[:1], "target").reason


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(600):
        gains = rng.normal(0.1, 1, (3, 6))
        low, high, _ = over_targets(gains)
        inside += low <= 0.1 <= high
    assert 0.92 < inside / 600 < 0.98


def test_over_seeds_holds_the_targets_fixed() -> None:
    gains = np.array([[0.0, 10.0], [1.0, 11.0], [2.0, 12.0]])
    low, high, _ = over_seeds(gains)
    assert (low + high) / 2 == pytest.approx(6)
    assert over_targets(gains).high > high


def test_spread_is_the_mean_over_targets_of_the_deviation_over_seeds() -> None:
    values = np.array([[1.0, 4.0], [3.0, 4.0]])
    assert spread(values) == pytest.approx(np.sqrt(2) / 2)
    assert spread(values, np.array([2.0, 4.0])) == pytest.approx(np.sqrt(2) / 4)
    assert np.isnan(spread(values[:1]))


def test_growth_is_the_rank_correlation_and_needs_three_sets() -> None:
    sizes, spreads = np.array([0.0, 2.0, 4.0, 8.0]), np.array([0.4, 0.3, 0.1, np.nan])
    assert growth(sizes, spreads) == pytest.approx(-1)
    assert np.isnan(growth(sizes[:2], spreads[:2]))
    assert np.isnan(growth(np.ones(3), spreads[:3]))


def test_related_sources_against_random_ones_by_hand() -> None:
    found = against_random(np.array([2.0, 3.0]), np.array([[0.0, 1.0], [1.0, 1.0]]))
    assert found.difference == pytest.approx((2 - 0.5 + 3 - 1) / 2)
    assert found.p == found.p_smallest == pytest.approx(1 / 9)


def test_all_relabellings_and_drawn_ones_agree() -> None:
    rng = np.random.default_rng(1)
    related, drawn = rng.normal(0.4, 1, 9), rng.normal(0, 1, (3, 9))
    import specbench.stats.transfer as module

    exact = against_random(related[:7], drawn[:, :7])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EXHAUSTIVE", 1)
        sampled = against_random(related[:7], drawn[:, :7])
    assert sampled.p == pytest.approx(exact.p, abs=0.02)
    assert sampled.difference == exact.difference


def test_chance_is_found_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(2)
    small = sum(
        against_random(rng.normal(size=5), rng.normal(size=(3, 5))).p <= 0.05 for _ in range(400)
    )
    assert small / 400 < 0.085


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=5), st.integers(1, 3))
def test_equal_sets_are_never_told_apart(values: list[float], draws: int) -> None:
    same = np.array(values)
    found = against_random(same, np.tile(same, (draws, 1)))
    assert found.difference == pytest.approx(0, abs=1e-9)
    assert found.p == 1
    assert 0 < found.p_smallest <= found.p


def test_the_front_holds_what_nothing_beats() -> None:
    costs, qualities = np.array([0.0, 1.0, 2.0, 2.0]), np.array([0.1, 0.3, 0.2, 0.3])
    assert pareto(costs, qualities) == [True, True, False, False]
