"""A user's own figures: other tasks, seeds, missing columns, conditions, Parquet."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from specbench.errors import SpecbenchError
from specbench.report.answer import sentences
from specbench.report.findings import find
from specbench.spec.load import load
from specbench.store.database import open_published

TASKS = ("segment_semantic", "depth_zbuffer", "normal", "beta carotene", "x-ray", "q")
ROWS = """select method, budget, networks, test_total, val_total, reason from selections
          where seed is null and assign = 'best_on_test' order by method, budget"""


def brute_force(rows: Any, tasks: Any, budget: float) -> float:
    """Return the least sum of lowest validation losses, by trying every set of networks."""
    losses: dict[tuple[str, float], dict[str, float]] = {}
    for name, capacity, target, val, *_ in rows:
        losses.setdefault((name, capacity), {})[target] = float(val)
    best = float("inf")
    networks = list(losses)
    for size in range(1, len(tasks) + 1):
        for chosen in itertools.combinations(networks, size):
            if sum(capacity for _, capacity in chosen) > budget:
                continue
            lowest = [min(losses[n].get(t, np.inf) for n in chosen) for t in tasks]
            best = min(best, sum(lowest))
    return best


def study(folder: Path, tasks: Any, body: str) -> Path:
    path = folder / "own.toml"
    listed = ", ".join(f'"{task}"' for task in tasks)
    path.write_text(f"tasks = [{listed}]\n[data]\nkind = 'published'\n{body}", encoding="utf-8")
    return path


@pytest.mark.parametrize("count", [3, 6])
def test_other_numbers_of_tasks(
    ask: Any, table: Any, copied: Any, networks_of: Any, count: int
) -> None:
    tasks = TASKS[:count]
    rows = networks_of(tasks)
    path = copied(tasks, str(table(rows).absolute()))
    found = ask(path, ROWS)
    optimal = {row["budget"]: row for row in found if row["method"] == "optimal"}
    assert len(optimal) == 9
    if count == 3:
        for budget, row in optimal.items():
            assert row["val_total"] == pytest.approx(brute_force(rows, tasks, budget))
    for row in found:
        if row["method"] in ("esa", "hoa", "random", "all_in_one", "worst") and row["val_total"]:
            assert row["val_total"] >= optimal[row["budget"]]["val_total"] - 1e-9
    assert ask(path, "select count(*) as n from networks")[0]["n"] == 2**count - 1 + count


@pytest.mark.parametrize(
    ("gone", "methods", "reason"),
    [
        ("early_val_loss", {"esa"}, "no early validation loss"),
        ("val_loss", {"optimal", "hoa", "worst", "all_in_one", "independent"}, "no validation"),
        ("capacity", {"optimal", "esa", "hoa", "random"}, "no capacity"),
    ],
)
def test_a_missing_column_leaves_methods_out_and_the_study_goes_on(
    ask: Any, table: Any, copied: Any, networks_of: Any, gone: str, methods: set[str], reason: str
) -> None:
    columns = ("network", "capacity", "target", "val_loss", "test_loss", "early_val_loss")
    at = columns.index(gone)
    rows = [
        (*row[:at], *row[at + 1 :])
        for row in networks_of(TASKS[:3])
        if gone != "capacity" or row[1] == 1.0
    ]
    path = copied(TASKS[:3], str(table(rows, (*columns[:at], *columns[at + 1 :]))))
    found = ask(path, ROWS)
    for row in found:
        if row["method"] in methods:
            assert row["test_total"] is None
            assert row["reason"].startswith("not available: ")
            if "not affordable" not in row["reason"]:
                assert reason in row["reason"]
    if gone == "early_val_loss":
        assert any(row["test_total"] is not None for row in found)


def test_a_missing_test_loss_is_said_and_the_choice_stands(
    ask: Any, table: Any, copied: Any, networks_of: Any
) -> None:
    rows = [(*row[:4], "", row[5]) for row in networks_of(TASKS[:3])]
    found = ask(copied(TASKS[:3], str(table(rows))), ROWS)
    optimal = [row for row in found if row["method"] == "optimal"]
    assert all(row["networks"] and row["test_total"] is None for row in optimal)
    assert all("test total not available" in row["reason"] for row in optimal)


def test_one_missing_early_cell_is_named(
    ask: Any, table: Any, copied: Any, networks_of: Any
) -> None:
    rows = networks_of(TASKS[:3])
    rows[-1] = (*rows[-1][:5], "")
    found = ask(copied(TASKS[:3], str(table(rows))), ROWS)
    reasons = {row["reason"] for row in found if row["method"] == "esa"}
    (reason,) = reasons
    assert rows[-1][2] in reason
    assert "(1 missing)" in reason


def test_seeds_give_ceilings_crossed_agreement_and_choices_per_seed(
    ask: Any, table: Any, tmp_path: Path
) -> None:
    tasks, rng = "abcdef", np.random.default_rng(0)
    truth = {pair: rng.normal() for pair in itertools.permutations(tasks, 2)}
    gains = [(s, a, b, v + 0.2 * rng.normal()) for s in (3, 5, 7) for (a, b), v in truth.items()]
    scores = [("My-Score", s, a, b, v + rng.normal()) for s in (3, 5, 7) for (a, b), v in
              truth.items()]  # fmt: skip
    table(gains, ("seed", "target", "partner", "gain"), "gains.csv")
    table(scores, ("score", "seed", "target", "partner", "value"), "scores.csv")
    path = study(tmp_path, tasks, "gains = 'gains.csv'\nscores = 'scores.csv'\n")
    found = ask(path, "from agreement where measure = 'pearson' and target is null")
    by_fit = {row["fit"]: row for row in found}
    assert {row["score"] for row in found} == {"my-score"}
    assert by_fit["crossed"]["n_seeds"] == 3
    assert 0.9 < by_fit["crossed"]["ceiling"] < 1
    assert by_fit["crossed"]["p"] is not None
    assert "shares runs" in by_fit["same"]["reason"]
    whole = ask(path, "from reliability where averaged = n_seeds")[0]
    assert whole["low"] < whole["ceiling"] <= 1
    parts = {r["part"]: r["share"] for r in ask(path, "from variance")}
    assert 0 < parts["seed"] < 0.2
    intervals = ask(path, "from seed_intervals where measure = 'pearson'")
    assert all(r["low"] <= r["high"] for r in intervals)


def test_parquet_holds_the_same(
    ask: Any, table: Any, copied: Any, networks_of: Any, tmp_path: Path
) -> None:
    plain = table(networks_of(TASKS[:3]))
    packed = tmp_path / "f.parquet"
    duckdb.sql(f"COPY (FROM read_csv('{plain}')) TO '{packed}' (FORMAT parquet)")
    one = ask(copied(TASKS[:3], str(plain)), ROWS)
    other = ask(copied(TASKS[:3], str(packed)), ROWS)
    assert one == other


def test_pairs_without_capacity_have_the_baseline_unstated(
    ask: Any, table: Any, tmp_path: Path
) -> None:
    rows = [("a", "", 0.4), ("b", "", 0.2), ("a", "b", 0.2), ("b", "a", 0.4)]
    table(rows, ("target", "partner", "val_loss"))
    path = study(tmp_path, "ab", "losses = 'f.csv'\n")
    sql = "select target, gain from gains where denominator = 'joint' and baseline = 'unstated'"
    found = {row["target"]: row["gain"] for row in ask(path, sql)}
    assert found == {"a": pytest.approx(1.0), "b": pytest.approx(-0.5)}


def test_a_printed_gain_takes_the_place_of_the_derived_one(
    ask: Any, table: Any, tmp_path: Path
) -> None:
    losses = [("a", 0.5, "a", 0.4), ("b", 0.5, "b", 0.2), ("a+b", 1, "a", 0.2), ("a+b", 1, "b", 1)]
    table(losses, ("network", "capacity", "target", "test_loss"), "losses.csv")
    table([("a", "b", 7)], ("target", "partner", "gain_percent"), "gains.csv")
    path = study(tmp_path, "ab", "losses = 'losses.csv'\ngains = 'gains.csv'\n")
    sql = "select target, denominator, gain from gains order by all"
    found = {(row["target"], row["denominator"]): row["gain"] for row in ask(path, sql)}
    assert found["a", "joint"] == pytest.approx(0.07)
    assert found["a", "single"] == pytest.approx(0.5)
    assert found["b", "joint"] == pytest.approx(-0.8)


def test_gains_of_one_condition_are_a_proxy_for_another(
    ask: Any, table: Any, networks_of: Any, tmp_path: Path
) -> None:
    tasks = TASKS[:4]
    table(networks_of(tasks, 0), name="dear.csv")
    table(networks_of(tasks, 1), name="cheap.csv")
    body = "losses = 'dear.csv'\n[conditions.cases.cheap]\n'data.losses' = 'cheap.csv'\n"
    path = study(tmp_path, tasks, body + "[scores.proxy]\n[scores.td]\n".replace("[scores.td]", ""))
    found = ask(
        path,
        "select condition, score_condition, score, value, reason from agreement "
        "where measure = 'pearson' and target is null and fit = 'same' and level = 'pairs'",
    )
    rows = {(r["condition"], r["score_condition"], r["score"]): r for r in found}
    assert set(rows) == {
        ("base", "base", "proxy_early"),
        ("cheap", "cheap", "proxy_early"),
        *((a, b, s) for a, b in (("base", "cheap"), ("cheap", "base"))
          for s in ("proxy", "proxy_early")),
    }  # fmt: skip
    assert "shares runs" in rows["base", "base", "proxy_early"]["reason"]
    assert "shares runs" not in rows["base", "cheap", "proxy"]["reason"]
    values = ask(
        path,
        "select s.condition, s.value, g.gain from scores s join gains g "
        "using (study, condition, seed, target, partner) where score = 'proxy' "
        "and split = 'val' and baseline = 'half' and denominator = 'joint'",
    )
    assert len(values) == 24
    assert all(row["value"] == row["gain"] for row in values)


def test_costs_in_multiply_adds(ask: Any, table: Any, tmp_path: Path) -> None:
    columns = ("network", "capacity", "macs", "target", "val_loss", "test_loss")
    rows = [
        ("a", 1, 60, "a", 0.1, 0.1),
        ("b", 1, 60, "b", 0.1, 0.1),
        ("a+b", 1, 100, "a", 0.3, 0.3),
        ("a+b", 1, 100, "b", 0.3, 0.3),
    ]
    table(rows, columns)
    body = "losses = 'f.csv'\n[choose]\nbudgets = [100, 120]\n"
    body += "methods = ['optimal']\ncost = 'macs'\n"
    found = ask(study(tmp_path, "ab", body), ROWS)
    assert [row["networks"] for row in found] == ["a+b", "a, b"]


@pytest.mark.parametrize("label", ["HOA", "Random", "optimal", "proxy"])
def test_a_score_named_like_what_is_computed_is_refused(
    ask: Any, table: Any, runner: Any, tmp_path: Path, label: str
) -> None:
    table([(label, "a", "b", 1)], ("score", "target", "partner", "value"), "scores.csv")
    table([("a", "b", 0.1)], ("target", "partner", "gain"), "gains.csv")
    path = study(tmp_path, "ab", "gains = 'gains.csv'\nscores = 'scores.csv'\n")
    with pytest.raises((SpecbenchError, AssertionError), match=f"scores.csv:2: score '{label}'"):
        ask(path, "from scores")


def test_cells_quoted_after_a_space_are_read(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "gains.csv").write_text('target, partner, gain\n"a", "b", 0.25\n"b", "a", -1\n')
    path = study(tmp_path, "ab", "gains = 'gains.csv'\n")
    found = {row["target"]: row["gain"] for row in ask(path, "from gains")}
    assert found == {"a": 0.25, "b": -1}


def test_scores_of_one_run_meet_gains_of_others(ask: Any, table: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pairs = list(itertools.permutations("abcd", 2))
    gains = [(seed, *pair, rng.normal()) for seed in (1, 2, 3) for pair in pairs]
    scores = [("s", *pair, rng.normal()) for pair in pairs]
    table(gains, ("seed", "target", "partner", "gain"), "gains.csv")
    table(scores, ("score", "target", "partner", "value"), "scores.csv")
    path = study(tmp_path, "abcd", "gains = 'gains.csv'\nscores = 'scores.csv'\n")
    means = [np.mean([g[3] for g in gains if g[1:3] == pair]) for pair in pairs]
    expected = np.corrcoef(means, [s[3] for s in scores])[0, 1]
    sql = "from agreement where measure = 'pearson' and target is null and level = 'pairs'"
    for row in ask(path, sql):
        assert row["value"] == pytest.approx(expected), row["fit"]
        assert row["p"] is not None


def test_a_missing_capacity_is_that_of_the_networks_other_rows(
    ask: Any, table: Any, copied: Any, networks_of: Any
) -> None:
    rows = networks_of(TASKS[:3])
    gap = next(i for i, row in enumerate(rows) if row[0].count("+") == 1)
    cut = [(r[0], "" if i == gap else r[1], *r[2:]) for i, r in enumerate(rows)]
    whole = ask(copied(TASKS[:3], str(table(rows))), ROWS)
    assert ask(copied(TASKS[:3], str(table(cut))), ROWS) == whole


def test_a_capacity_that_cannot_be_told_leaves_budgets_out_and_the_study_goes_on(
    ask: Any, table: Any, copied: Any, networks_of: Any
) -> None:
    rows = networks_of(TASKS[:3])
    columns = ("network", "capacity", "target", "val_loss", "test_loss", "early_val_loss", "seed")
    other = [(r[0], "" if r[0] == TASKS[0] and r[1] == 1.0 else r[1], *r[2:], 1) for r in rows]
    found = ask(copied(TASKS[:3], str(table([*((*r, 0) for r in rows), *other], columns))), ROWS)
    assert found
    assert all("no capacity" in row["reason"] for row in found)


def test_gains_that_figures_cannot_give_are_replaced_and_the_report_says_so(
    ask: Any, table: Any, networks_of: Any, runner: Any, tmp_path: Path
) -> None:
    tasks = TASKS[:4]
    rows = [(r[0], r[2], r[3]) for r in networks_of(tasks) if r[1] == 1.0]
    table(rows, ("network", "target", "val_loss"), "losses.csv")
    pairs = itertools.permutations(tasks, 2)
    rng = np.random.default_rng(0)
    table(
        [("s", *pair, rng.normal()) for pair in pairs],
        ("score", "target", "partner", "value"),
        "scores.csv",
    )
    path = study(tmp_path, tasks, "losses = 'losses.csv'\nscores = 'scores.csv'\n")
    sql = "select distinct baseline, split from agreement where value is not null"
    assert ask(path, sql) == [{"baseline": "unstated", "split": "val"}]
    with open_published(runner.results) as connection:
        said = sentences(find(connection, "own"))
    assert said[0].startswith("The study asks for gains in loss on test images against half")


def test_a_method_named_twice_is_refused(tmp_path: Path, table: Any) -> None:
    table([("a", "b", 0.1)], ("target", "partner", "gain"), "gains.csv")
    body = "gains = 'gains.csv'\n[choose]\nsplits = [2]\nmethods = ['hoa', 'HOA']\n"
    with pytest.raises(SpecbenchError, match="'hoa' stands twice"):
        load(study(tmp_path, "ab", body), ())


def test_multiply_adds_are_whole_numbers(ask: Any, table: Any, tmp_path: Path) -> None:
    table([("a", "a", 1.14, 0.4)], ("network", "target", "macs", "val_loss"))
    path = study(tmp_path, "ab", "losses = 'f.csv'\n")
    with pytest.raises((SpecbenchError, AssertionError), match="is no whole number of multiply"):
        ask(path, "from losses")
