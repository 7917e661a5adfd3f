"""The rows of an agreement: values a reader can recompute, and reasons where there are none."""

import csv
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from specbench.stats.agreement import agree, agree_groups
from specbench.stats.comparison import Options
from specbench.stats.fits import Fit
from specbench.stats.measures import Measure
from specbench.stats.rows import SHARES_RUNS

AZORIN = Path(__file__).parents[2] / "specs" / "published" / "azorin2023"
FEW = Options(resamples=200)
TASKS = ["a", "b", "c", "d", "e"]


def read(name):
    with (AZORIN / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def azorin():
    tasks = sorted({row["target"] for row in read("gains.csv")})
    place = {task: number for number, task in enumerate(tasks)}
    gains = np.full((1, 5, 5), np.nan)
    for row in read("gains.csv"):
        gains[0, place[row["target"]], place[row["partner"]]] = float(row["gain_percent"]) / 100
    scores = {}
    for row in read("scores.csv"):
        table = scores.setdefault(row["score"].lower(), np.full((1, 5, 5), np.nan))
        table[0, place[row["target"]], place[row["partner"]]] = float(row["value"])
    return tasks, gains, scores


def pick(rows, **wanted):
    found = [r for r in rows if all(getattr(r, name) == v for name, v in wanted.items())]
    assert len(found) == 1
    return found[0]


def random_study(k=3, n=5, seed=0):
    rng = np.random.default_rng(seed)
    gains = rng.standard_normal((k, n, n))
    scores = {"li": gains + rng.standard_normal((k, n, n)), "td": rng.standard_normal((n, n))}
    return gains, scores


def test_published_correlations_are_scipys(azorin):
    tasks, gains, scores = azorin
    rows = agree(gains, scores, tasks, shares_runs={"li"}, options=FEW)
    inside = ~np.eye(5, dtype=bool)
    for name, table in scores.items():
        x, y = table[0], gains[0]
        whole = {"score": name, "fit": "same", "target": None}
        for measure, of in (
            ("pearson", stats.pearsonr),
            ("spearman", stats.spearmanr),
            ("kendall", stats.kendalltau),
        ):
            value = pick(rows, measure=measure, **whole).value
            assert value == pytest.approx(of(x[inside], y[inside])[0])
        taus = [stats.kendalltau(x[t, inside[t]], y[t, inside[t]])[0] for t in range(5)]
        ranking = pick(rows, measure="partner_ranking", **whole).value
        assert ranking == pytest.approx(np.nanmean(taus))
        for t, task in enumerate(tasks):
            row = pick(rows, measure="kendall", score=name, fit="same", target=task)
            assert row.value == pytest.approx(taus[t])


def test_single_runs_have_no_ceiling_no_crossed_value_and_a_mark(azorin):
    tasks, gains, scores = azorin
    rows = agree(gains, scores, tasks, shares_runs={"li"}, options=FEW)
    assert all(row.ceiling is None for row in rows)
    li = pick(rows, score="li", measure="pearson", target=None, fit="same")
    assert li.value == pytest.approx(0.47, abs=0.005)  # as the paper prints
    assert li.reason.startswith(SHARES_RUNS)
    assert "one run per network" in li.reason
    assert (
        SHARES_RUNS not in pick(rows, score="td", measure="pearson", target=None, fit="same").reason
    )
    crossed = [row for row in rows if row.fit == "crossed"]
    assert crossed
    assert all(row.value is None and "one seed" in row.reason for row in crossed)
    assert (li.n_tasks, li.n_pairs, li.n_seeds, li.p_smallest) == (5, 20, 1, 1 / 120)


def test_crossed_is_the_mean_over_seeds_of_score_against_the_other_seeds_gain():
    gains, scores = random_study()
    rows = agree(gains, scores, TASKS, options=FEW)
    inside = ~np.eye(5, dtype=bool)
    expected = [
        stats.pearsonr(scores["li"][s][inside], np.delete(gains, s, 0).mean(0)[inside])[0]
        for s in range(3)
    ]
    row = pick(rows, score="li", measure="pearson", target=None, fit="crossed")
    assert row.value == pytest.approx(np.mean(expected))
    same = pick(rows, score="li", measure="pearson", target=None, fit="same")
    means = scores["li"].mean(0)[inside], gains.mean(0)[inside]
    assert same.value == pytest.approx(stats.pearsonr(*means)[0])


def test_a_score_without_seeds_is_compared_with_the_mean_gain_under_both_fits():
    gains, scores = random_study()
    rows = agree(gains, scores, TASKS, options=FEW)
    for measure in Measure:
        crossed, same = (
            pick(rows, score="td", measure=measure, target=None, fit=fit) for fit in Fit
        )
        assert (crossed.value, crossed.p, crossed.ceiling) == (same.value, same.p, same.ceiling)


def test_ceilings_follow_the_number_of_seeds_compared_with():
    gains, scores = random_study(seed=2)
    gains = gains[:1] + 0.5 * gains
    scores = {"li": gains}
    rows = agree(gains, scores, TASKS, options=FEW)
    crossed, same = (
        pick(rows, score="li", measure="pearson", target=None, fit=fit).ceiling for fit in Fit
    )
    r_bar = crossed**2 / (2 - crossed**2)
    assert same == pytest.approx(np.sqrt(3 * r_bar / (1 + 2 * r_bar)))
    assert crossed < same


def test_every_row_is_there_once_and_every_gap_has_a_reason():
    gains, scores = random_study()
    rows = agree(gains, scores, TASKS, options=FEW)
    keys = [(row.score, row.measure, row.target, row.fit) for row in rows]
    assert len(set(keys)) == len(keys) == 2 * 2 * (5 * 6 + 1)
    for row in rows:
        assert row.value is not None
        assert row.low <= row.high
        assert row.p_smallest <= row.p <= row.p_corrected <= 1
        if row.ceiling is None:
            assert "ceiling" in row.reason


def test_missing_and_constant_values_say_why():
    gains, scores = random_study()
    scores["li"][:, 0] = np.nan
    scores["td"][:] = 1.0
    rows = agree(gains, scores, TASKS, options=FEW)
    empty = pick(rows, score="li", measure="pearson", target="a", fit="crossed")
    assert (empty.value, empty.p, empty.n_pairs) == (None, None, 0)
    assert empty.reason
    whole = pick(rows, score="li", measure="pearson", target=None, fit="crossed")
    assert whole.value is not None
    assert whole.n_pairs == 16
    flat = pick(rows, score="td", measure="kendall", target=None, fit="same")
    assert flat.value is None
    assert "the score is constant" in flat.reason


def test_three_tasks_have_values_but_no_interval():
    gains, scores = random_study(n=3)
    row = pick(
        agree(gains, scores, TASKS[:3], options=FEW),
        score="li",
        measure="pearson",
        target=None,
        fit="same",
    )
    assert row.value is not None
    assert row.low is None
    assert "below 4 tasks" in row.reason
    assert row.p_smallest == 1 / 6


def test_the_names_and_order_of_tasks_change_nothing():
    gains, scores = random_study()
    order = np.array([3, 1, 4, 0, 2])
    moved = {name: table[..., order, :][..., order] for name, table in scores.items()}
    again = agree(gains[:, order][:, :, order], moved, [TASKS[i] for i in order], options=FEW)
    for row in agree(gains, scores, TASKS, options=FEW):
        twin = pick(again, score=row.score, measure=row.measure, target=row.target, fit=row.fit)
        assert twin.value == pytest.approx(row.value)
        assert twin.p == pytest.approx(row.p)


def test_shapes_that_do_not_fit_are_refused():
    gains, scores = random_study()
    with pytest.raises(ValueError, match="li has 2 seeds"):
        agree(gains, {"li": scores["li"][:2]}, TASKS)
    with pytest.raises(ValueError, match="expected"):
        agree(gains, scores, TASKS[:4])


def test_groups_have_the_same_rows():
    networks = [set(group) for size in (3, 4, 5) for group in combinations(TASKS, size)]
    rng = np.random.default_rng(5)
    gains = rng.standard_normal((2, 5, len(networks)))
    rows = agree_groups(gains, {"hoa": gains.mean(0)}, TASKS, networks, options=FEW)
    whole = pick(rows, measure="pearson", target=None, fit="same")
    assert whole.level == "groups"
    assert whole.value == pytest.approx(1)
    assert whole.p == whole.p_smallest == 1 / 120
    assert (whole.n_tasks, whole.n_pairs) == (5, 55)
    one = pick(rows, measure="pearson", target="b", fit="same")
    assert (one.n_pairs, one.p_smallest) == (11, 1 / 24)


def test_a_score_absent_from_half_the_split_has_a_value_but_no_p():
    gains, scores = random_study()
    scores["li"][0] = np.nan
    row = pick(
        agree(gains, scores, TASKS, options=FEW),
        score="li",
        measure="pearson",
        target=None,
        fit="crossed",
    )
    assert row.value is not None
    assert (row.p, row.p_smallest) == (None, None)
    assert "fixed split" in row.reason


def test_a_seed_without_gains_takes_no_part():
    gains, scores = random_study()
    gains[1] = np.nan
    kept = {"li": scores["li"][[0, 2]], "td": scores["td"]}
    expected = agree(gains[[0, 2]], kept, TASKS, options=FEW)
    assert agree(gains, scores, TASKS, options=FEW) == expected


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_tasks_give_reasons_not_errors(n):
    gains, scores = random_study(n=n)
    rows = agree(gains, scores, TASKS[:n], options=FEW)
    assert all(row.reason for row in rows)
