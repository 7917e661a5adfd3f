"""p-values by permuting tasks keep their level where pairs share tasks."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from specbench.stats import fits
from specbench.stats.fits import Fit
from specbench.stats.layout import group_layout, pair_layout
from specbench.stats.measures import Measure
from specbench.stats.permutation import overall_null, p_values, relabellings, target_null
from specbench.stats.simulation import even_shares, simulate

RNG = np.random.default_rng


def p_of(score, gain, layout, relabelled):
    null = overall_null(Measure.SPEARMAN, score[None], gain, layout, relabelled)
    return p_values(null, signed=True).p[0]


def test_rows_and_columns_move_together():
    layout, rng = pair_layout(4), RNG(0)
    score, gain = rng.standard_normal((2, 4, 4))
    inside = layout.mask
    score[~inside] = gain[~inside] = np.nan
    expected = [
        stats.pearsonr(score[inside], gain[np.ix_(order, order)][inside])[0]
        for order in permutations(range(4))
    ]
    null = overall_null(Measure.PEARSON, score[None], gain, layout, relabellings(layout, rng))
    np.testing.assert_allclose(null[0], expected)
    found = p_values(null, signed=True)
    assert found.p[0] == np.mean(np.abs(expected) >= np.abs(expected[0]) - 1e-12)
    assert found.smallest == 1 / 24


def test_within_a_target_the_other_tasks_are_permuted():
    layout, rng = pair_layout(5), RNG(1)
    gain = rng.standard_normal(5)
    relabelled = relabellings(layout, rng, fixed=2)
    null = target_null(Measure.PEARSON, gain[None], gain, 2, layout, relabelled)
    assert null.shape == (1, 24)
    assert p_values(null, signed=True).p[0] == 1 / 24


def test_beyond_eight_tasks_permutations_are_drawn_and_hold_the_identity():
    relabelled = relabellings(pair_layout(9), RNG(0), n=500)
    assert relabelled.shape == (501, 9)
    np.testing.assert_array_equal(relabelled[0], range(9))
    assert (np.sort(relabelled, axis=1) == np.arange(9)).all()


def test_fewer_are_drawn_where_all_would_take_too_long():
    relabelled = relabellings(pair_layout(6), RNG(0), n=499, exhaustive=4)
    assert relabelled.shape == (500, 6)
    assert len(relabellings(pair_layout(4), RNG(0), n=499, exhaustive=4)) == 24


def test_correction_takes_the_largest_of_all_scores():
    null = np.array([[0.9, 0.1, -0.2, 0.0], [0.3, 0.2, -0.4, 0.95]])
    found = p_values(null, signed=True)
    np.testing.assert_array_equal(found.p, [1 / 4, 3 / 4])
    np.testing.assert_array_equal(found.corrected, [2 / 4, 3 / 4])


def test_measures_whose_chance_is_not_zero_are_judged_from_their_mean():
    null = np.array([[0.0, 0.5, 0.5, 1.0]])
    assert p_values(null, signed=False).p[0] == 0.5
    assert p_values(null, signed=True).p[0] == 1.0


def test_an_undefined_value_has_no_p_and_an_undefined_permutation_counts_against():
    null = np.array([[np.nan, 0.1, 0.2], [0.5, np.nan, 0.1]])
    p = p_values(null, signed=True).p
    assert np.isnan(p[0])
    assert p[1] == 2 / 3


def test_a_score_with_gaps_leaves_the_correction_of_others_alone():
    whole = np.array([[0.9, 0.1, -0.2, 0.3]])
    gaps = np.array([[0.05, np.nan, np.nan, np.nan]])
    alone = p_values(whole, signed=True)
    both = p_values(np.concatenate([whole, gaps]), signed=True)
    assert both.corrected[0] == alone.corrected[0] == 1 / 4
    assert both.corrected[1] == 1


def test_groups_are_relabelled_only_onto_each_other():
    all_triples = [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]
    assert len(relabellings(group_layout(4, all_triples), RNG(0))) == 24
    # 0 and 1 may swap, and so may 2 and 3
    assert len(relabellings(group_layout(4, [(0, 1, 2), (0, 1, 3)]), RNG(0))) == 4
    assert len(relabellings(group_layout(4, [(0, 1, 2), (0, 1)]), RNG(0))) == 2


def test_the_level_is_kept_at_every_reachable_p_under_task_effects(record_property):
    studies = 400
    layout, rng = pair_layout(6), RNG(3)
    relabelled = relabellings(layout, rng)
    scores, gains = (side[:, 0] for side in simulate(even_shares(0.4), 6, 1, studies, rng))
    p = np.array([p_of(s, g, layout, relabelled) for s, g in zip(scores, gains, strict=True)])
    for level in np.arange(1, 721) / 720:
        error = np.sqrt(level * (1 - level) / studies)
        assert (p <= level + 1e-12).mean() <= level + 4 * error
    inside = layout.mask
    plain = np.array(
        [stats.spearmanr(s[inside], g[inside]).pvalue for s, g in zip(scores, gains, strict=True)]
    )
    record_property("rejected_at_5_percent_permuting_tasks", float((p <= 0.05).mean()))
    record_property("rejected_at_5_percent_plain_spearman", float((plain <= 0.05).mean()))
    assert (plain <= 0.05).mean() > 0.1


def noise(reads, studies, rng, n=5, k=3):
    """Scores and gains of networks that differ by nothing but noise; a score reads some of them.

    ``injected`` is LI, by its formula. ``pairs`` moves with the very losses of a pair's net, as GT
    may, and ``both ways`` with both of them alike, as GS may. ``singles`` moves with the single
    nets of both tasks.
    """
    single = 0.05 * rng.standard_normal((studies, k, n, 1))
    joint, other = 0.05 * rng.standard_normal((2, studies, k, n, n))
    swapped = np.swapaxes(single, 2, 3)
    score = {
        "injected": (single - other) / (1 + other),
        "pairs": -joint + other,
        "both ways": -joint - np.swapaxes(joint, 2, 3) + other + np.swapaxes(other, 2, 3),
        "singles": single + swapped + 0 * joint,
    }[reads]
    return score, (single - joint) / (1 + joint)


@pytest.mark.parametrize("reads", ["injected", "pairs", "both ways", "singles"])
@pytest.mark.parametrize(("fit", "kept"), [(Fit.CROSSED, True), (Fit.SAME, False)])
def test_shared_noise_is_rejected_at_the_level_only_when_crossed(reads, fit, kept):
    studies = 500
    layout, rng = pair_layout(5), RNG(4)
    relabelled = relabellings(layout, rng)
    rejected = 0
    for score, gain in zip(*noise(reads, studies, rng), strict=True):
        score[:, ~layout.mask] = gain[:, ~layout.mask] = np.nan
        x, y = fits.tested(score, gain, fit)
        null = overall_null(Measure.PEARSON, x[None], y, layout, relabelled)
        rejected += p_values(null, signed=True).p[0] <= 0.05
    bound = 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
    assert bool(rejected / studies <= bound) is kept
