"""What is predicted for groups from pairs."""

import numpy as np
import pytest

from specbench.choose.candidates import all_groups, candidates
from specbench.choose.predict import mean_over_pairs, predicted_losses

TASKS = ["a", "b", "c"]


def test_a_groups_value_is_the_mean_over_the_other_members():
    table = np.arange(9.0).reshape(3, 3)
    members = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0]], dtype=bool)
    found = mean_over_pairs(table, members)
    np.testing.assert_array_equal(found[0], [1.5, 2, np.nan])
    np.testing.assert_array_equal(found[1], [(3 + 5) / 2, np.nan, np.nan])
    np.testing.assert_array_equal(found[2], [6.5, 6, np.nan])
    np.testing.assert_array_equal(
        mean_over_pairs(np.stack([table, 2 * table]), members)[1], 2 * found
    )


def test_a_missing_pair_leaves_its_groups_without_a_value():
    table = np.ones((3, 3))
    table[0, 1] = np.nan
    found = mean_over_pairs(table, all_groups(TASKS).members)
    assert np.isnan(found[0, -1])
    assert found[1, -1] == 1


def test_large_groups_get_pair_losses_of_their_own_capacity_and_nothing_else():
    names = ["a", "b", "c", "a+b", "a+c", "b+c", "a+b+c"]
    rng = np.random.default_rng(0)
    both = candidates(TASKS, names * 2, [1.0] * 7 + [0.5] * 7)
    losses = np.where(both.members, rng.random((14, 3)), np.nan)
    given = candidates(TASKS, names * 2, [1.0] * 7 + [0.5] * 7, validation=losses)
    found = predicted_losses(given)
    assert found[6, 0] == pytest.approx((losses[3, 0] + losses[4, 0]) / 2)
    assert found[13, 2] == pytest.approx((losses[11, 2] + losses[12, 2]) / 2)
    np.testing.assert_array_equal(found[:6], losses[:6])
    losses[6] = losses[13] = -9  # the groups' own losses are not read
    np.testing.assert_array_equal(predicted_losses(given), found)


def test_candidates_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="twice"):
        candidates(TASKS, ["a+b", "b+a"], [1, 1])
    with pytest.raises(ValueError, match="unknown"):
        candidates(TASKS, ["a+x"], [1])
