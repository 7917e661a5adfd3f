"""The dyadic bootstrap over tasks: resamples, interval and coverage."""

import numpy as np
import pytest
from scipy import stats

from specbench.stats.bootstrap import interval, layout_weights, resample_tasks
from specbench.stats.coverage import simulated_coverage
from specbench.stats.layout import group_layout, pair_layout
from specbench.stats.measures import Measure, weighted_overall
from specbench.stats.simulation import even_shares


def test_a_resample_is_the_table_of_the_drawn_tasks_without_pairs_of_a_task_with_itself():
    rng = np.random.default_rng(0)
    layout = pair_layout(6)
    x, y = rng.standard_normal((2, 6, 6))
    x[~layout.mask] = y[~layout.mask] = np.nan
    drawn = resample_tasks(6, rng, 50)
    found = weighted_overall(Measure.PEARSON, x, y, layout_weights(layout, drawn), drawn.counts)
    for value, counts in zip(found, drawn.counts.astype(int), strict=True):
        tasks = np.repeat(np.arange(6), counts)
        cells = [(a, b) for a in tasks for b in tasks if a != b]
        expected = stats.pearsonr([x[c] for c in cells], [y[c] for c in cells])[0]
        assert value == pytest.approx(expected)


def test_means_over_targets_count_a_target_as_often_as_it_was_drawn():
    x = y = np.array([[np.nan, 1, 2], [2, np.nan, 1], [1, 2, np.nan]])
    x = x.copy()
    x[2] = x[2, ::-1][[1, 2, 0]]  # the third target's ranking is turned round
    x[2] = [2, 1, np.nan]
    weights, targets = np.ones((1, 3, 3)), np.array([[1.0, 1.0, 2.0]])
    found = weighted_overall(Measure.PARTNER_RANKING, x, y, weights, targets)
    assert found == pytest.approx((1 + 1 - 2) / 4)


def test_all_resamples_are_counted_but_those_of_two_tasks():
    drawn = resample_tasks(5, np.random.default_rng(0), 10_000)
    assert len(drawn.counts) <= 126 - 5 - 40  # multisets of five less those of one or two tasks
    assert 0.8 * 10_000 < drawn.drawn.sum() < 10_000


def test_a_group_counts_by_all_its_tasks():
    layout = group_layout(3, [(0, 1), (0, 1, 2)])
    weights = layout.cell_weights(np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 3.0]]))
    np.testing.assert_array_equal(weights[0], [[2, 0], [2, 0], [0, 0]])
    np.testing.assert_array_equal(weights[1], [[1, 3], [1, 3], [0, 3]])


def test_not_estimable_below_four_tasks():
    low, high, reason = interval(np.array([0.1, 0.2]), np.ones(2), 3)
    assert np.isnan([low, high]).all()
    assert "not estimable" in reason


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_coverage_where_targets_and_partners_hold_40_percent_each(correlation):
    found = simulated_coverage(12, 10, even_shares(0.4), correlation, studies=1500)
    assert 0.92 <= found.value <= 0.97


def test_coverage_falls_as_tasks_hold_more_of_the_variance():
    found = [simulated_coverage(12, 10, even_shares(e), studies=600).value for e in (0.0, 0.5)]
    assert found[0] > 0.98 > found[1] > 0.9


def test_coverage_is_not_estimable_below_four_tasks():
    assert "not estimable" in simulated_coverage(3, 2, even_shares(0.2)).reason
