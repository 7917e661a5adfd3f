"""Published totals and groups, and what every selection must satisfy."""

import numpy as np
import pytest

from specbench.choose.candidates import candidates
from specbench.choose.methods import Method
from specbench.choose.selections import Assign, selections, totals

BUDGETS = np.arange(1, 5.5, 0.5)
PRINTED = {
    "optimal": [0.50278, 0.46132, 0.45224, 0.44612, 0.44235, 0.43932, 0.43555, 0.43555, 0.43481],
    "esa": [0.50278, 0.48732, 0.46727, 0.46063, 0.45722, 0.45058, 0.45058, 0.44742, 0.44742],
    "hoa": [0.50278, 0.46132, 0.45474, 0.4505, 0.44875, 0.44489, 0.44112, 0.44552, 0.44196],
}
RANDOM = [0.50278, 0.4853, 0.4736, 0.4691, 0.4653, 0.4627, 0.4602, 0.4584, 0.4565]
OTHER_TIES = {4.5: 0.44532, 5.0: 0.44176}


def curve(rows, method, assign="best_on_test"):
    return [row for row in rows if row.method == method and row.assign == assign]


@pytest.fixture(scope="module")
def rows(setting1):
    return selections(setting1, budgets=BUDGETS, splits=[1, 2, 3])


def at_budgets(rows):
    return [row for row in rows if row.limit_kind == "budget"]


@pytest.mark.parametrize("method", PRINTED)
def test_the_printed_test_totals_of_setting_1(rows, method):
    found = curve(at_budgets(rows), method)
    for row, printed in zip(found, PRINTED[method], strict=True):
        allowed = [printed, OTHER_TIES.get(row.limit, printed)] if method == "hoa" else [printed]
        assert round(row.test_total, 5) in allowed


def test_the_printed_mean_of_random_sets(rows):
    found = [row.test_total for row in curve(at_budgets(rows), "random")]
    assert found == pytest.approx(RANDOM, abs=0.001)


@pytest.mark.parametrize("method", ["tag", "cs"])
def test_the_printed_groups_of_two_and_three_splits(fifty, method):
    networks, scores = fifty
    found = selections(networks, splits=[2, 3], scores=scores, methods=[method])
    two, three = curve(found, method, "validation")
    assert two.networks == ("depth_zbuffer+normal+segment_semantic", "edge_texture+keypoints2d")
    assert three.networks == (
        "depth_zbuffer+normal",
        "depth_zbuffer+segment_semantic",
        "edge_texture+keypoints2d",
    )
    assert two.test_total is None
    assert "loss is missing" in two.reason


@pytest.mark.parametrize("setting", ["setting1", "setting3"])
def test_nothing_beats_optimal_on_the_losses_it_selects_by(request, setting):
    found = selections(request.getfixturevalue(setting), budgets=BUDGETS)
    best = {row.limit: row.val_total for row in curve(found, "optimal")}
    worst = {row.limit: row.val_total for row in curve(found, "worst")}
    for row in found:
        if row.val_total is not None:
            assert row.val_total >= best[row.limit] - 1e-9
        if row.method == "random":
            assert row.val_total <= worst[row.limit] + 1e-9


def test_random_candidates_never_beat_optimal(random_losses):
    rng = np.random.default_rng(0)
    tasks = ["a", "b", "c", "d"]
    losses = random_losses(rng, 15, 4)
    names = ["+".join(t for t, v in zip(tasks, row, strict=True) if v == v) for row in losses]
    keep = [names.index(name) for name in dict.fromkeys(names)]
    given = candidates(
        tasks,
        [names[i] for i in keep],
        np.ones(len(keep)),
        costs=rng.uniform(0.5, 1, len(keep)),
        validation=losses[keep],
        test=losses[keep] + 0.1,
        early=losses[keep][:, ::-1] * 0 + rng.random((len(keep), 4)),
    )
    score = rng.random((4, 4))
    found = selections(given, budgets=[1, 2, 3], splits=[1, 2], scores={"li": score})
    assert {row.method for row in found} == {*Method, "li"}
    best = {(row.limit_kind, row.limit): row.val_total for row in curve(found, "optimal")}
    known = [row for row in found if row.val_total is not None]
    assert len(known) > 30
    assert all(row.val_total >= best[row.limit_kind, row.limit] - 1e-9 for row in known)


def test_best_on_test_is_never_above_assignment_by_validation(rows):
    by_key = {(r.method, r.limit_kind, r.limit, r.assign): r for r in rows}
    for (method, kind, limit, assign), row in by_key.items():
        if assign == Assign.BEST_ON_TEST and row.test_total is not None:
            honest = by_key[method, kind, limit, "validation"]
            assert row.test_total <= honest.test_total + 1e-12
            assert (row.networks, row.val_total) == (honest.networks, honest.val_total)


def test_regret_is_against_optimal_of_the_same_limit_and_assignment(rows):
    optimal = {(r.limit_kind, r.limit, r.assign): r for r in rows if r.method == "optimal"}
    for row in rows:
        if row.test_total is not None:
            best = optimal[row.limit_kind, row.limit, row.assign].test_total
            assert row.regret == pytest.approx(row.test_total - best)


def test_comparisons_say_what_they_cost_when_they_are_not_affordable(rows):
    independent = curve(at_budgets(rows), "independent", "validation")
    assert independent[0].reason == "not available: not affordable: such networks take 2.5"
    assert all(name.endswith("@0.5") for name in independent[3].networks)
    assert all("@" not in name for name in independent[-1].networks)
    assert len(curve(rows, "all_in_one", "validation")[0].networks) == 1


def test_splits_choose_among_the_largest_capacity(rows):
    found = [row for row in rows if row.limit_kind == "splits" and row.networks]
    assert found
    for row in found:
        assert len(row.networks) <= row.limit
        assert not any("@" in name for name in row.networks)


def test_a_method_without_its_input_says_so_and_the_others_go_on(setting1):
    given = candidates(
        setting1.tasks, setting1.networks, setting1.capacities, validation=setting1.validation
    )
    found = selections(given, budgets=[2.0])
    esa = curve(found, "esa", "validation")[0]
    assert esa.networks is None
    assert esa.reason.startswith("not available: no early validation loss for")
    optimal = curve(found, "optimal", "validation")[0]
    assert optimal.networks
    assert (optimal.test_total, optimal.regret) == (None, None)
    assert "test total not available" in optimal.reason


def test_a_score_never_leaves_a_task_alone_unless_it_must():
    tasks = ["a", "b", "c"]
    score = np.full((3, 3), -5.0)
    names = ["a", "b", "c", "a+b", "a+b+c"]
    given = candidates(tasks, names, np.ones(5))
    row = selections(given, budgets=[3], scores={"tag": score}, methods=["tag"])[0]
    assert row.networks == ("a+b+c",)
    forced = candidates(tasks, names[:4], np.ones(4))
    row = selections(forced, budgets=[3], scores={"tag": score}, methods=["tag"])[0]
    assert row.networks == ("a+b", "c")


def test_the_order_of_candidates_changes_nothing(setting1):
    order = np.random.default_rng(0).permutation(36)
    moved = candidates(
        setting1.tasks,
        [setting1.networks[i] for i in order],
        setting1.capacities[order],
        validation=setting1.validation[order],
        test=setting1.test[order],
        early=setting1.early[order],
    )
    methods = ["optimal", "esa", "hoa", "worst", "independent"]
    assert selections(moved, budgets=[2, 4.5], methods=methods) == selections(
        setting1, budgets=[2, 4.5], methods=methods
    )


def test_a_loss_that_is_not_known_might_have_been_the_lowest():
    sets = np.array([[0, 1]], dtype=np.int16)
    members = np.array([[True, True], [True, False]])
    validation = np.array([[1.0, 2.0], [1.5, np.nan]])
    test = np.array([[np.nan, 4.0], [3.0, np.nan]])
    found = totals(sets, members, validation, test)
    assert np.isnan(found.best_on_test[0])
    assert np.isnan(found.test_by_validation[0])
    assert found.validation[0] == 3.0
    validation[1, 0] = np.nan
    assert np.isnan(totals(sets, members, validation, test).validation[0])
    test[0, 0] = 5.0
    assert totals(sets, members, np.array([[1.0, 2.0], [1.5, np.nan]]), test).best_on_test[0] == 7.0


def test_a_score_that_judges_groups_is_taken_at_its_word():
    names = ["a", "b", "c", "a+b", "a+c", "b+c", "a+b+c"]
    made = candidates(["a", "b", "c"], names, np.ones(7))
    pairs = np.zeros((3, 3))
    values = np.full((7, 3), np.nan)
    values[[0, 1, 2], [0, 1, 2]] = 0.0
    values[3, [0, 1]] = 0.2, 0.1
    values[4, [0, 2]] = 0.3, -0.4
    values[5, [1, 2]] = -0.1, -0.2
    values[6] = 0.5, 0.5, -0.9
    given = {"scores": {"transference": pairs}, "methods": ["transference"]}
    found = selections(made, splits=[1, 2], groups={"transference": values}, **given)
    one, two = curve(found, "transference", "validation")
    assert one.networks == ("a+b+c",), "one network has to serve all three"
    assert two.networks == ("a+b+c", "c"), "a task that a group would harm stays alone"
    values[6, 1] = np.nan
    (row, _) = selections(made, splits=[1], groups={"transference": values}, **given)
    assert "no score for b in a+b+c" in row.reason
