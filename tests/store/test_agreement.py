"""Agreement of scores with gains, computed again by scipy from the views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from specbench.store.database import open_published

GAIN = "quantity = 'loss' AND baseline = 'half' AND denominator = 'joint' AND split = 'test'"


@pytest.fixture
def connection(made_up: Any, rooms_text: str) -> Any:
    text = rooms_text.replace("[0, 1]", "[0, 1, 2]").replace(
        "[tasks.normal]", "[tasks.normal]\n[tasks.reshading]"
    )
    with open_published(made_up(tiny=text)) as connection:
        yield connection


def pairs(connection: Any, score: str) -> dict[int, dict[tuple[str, str], tuple[float, float]]]:
    """Return (score, gain) of every pair of every seed."""
    rows = connection.execute(
        f"SELECT seed, target, partner, value, gain FROM gains JOIN scores "
        f"USING (study, condition, seed, target, partner) WHERE score = ? AND {GAIN}",
        [score],
    ).fetchall()
    found: dict[int, dict[tuple[str, str], tuple[float, float]]] = {}
    for seed, target, partner, value, gain in rows:
        found.setdefault(seed, {})[target, partner] = (value, gain)
    return found


def crossed(
    found: dict[int, dict[tuple[str, str], tuple[float, float]]], measure: Any, target: str | None
) -> float:
    """Correlate the score of each seed with the mean gain of the others; average over seeds."""
    places = [pair for pair in sorted(found[0]) if target in (None, pair[0])]
    values = []
    for seed in found:
        others = [found[other] for other in found if other != seed]
        score = [found[seed][pair][0] for pair in places]
        gain = [np.mean([other[pair][1] for other in others]) for pair in places]
        values.append(measure(score, gain)[0])
    return float(np.mean(values))


def same(
    found: dict[int, dict[tuple[str, str], tuple[float, float]]], measure: Any, target: str | None
) -> float:
    """Correlate the means over all seeds."""
    places = [pair for pair in sorted(found[0]) if target in (None, pair[0])]
    score = [np.mean([found[seed][pair][0] for seed in found]) for pair in places]
    gain = [np.mean([found[seed][pair][1] for seed in found]) for pair in places]
    return float(measure(score, gain)[0])


@pytest.mark.parametrize("score", ["ias", "rsa"])
@pytest.mark.parametrize(
    ("name", "measure"),
    [("pearson", stats.pearsonr), ("spearman", stats.spearmanr), ("kendall", stats.kendalltau)],
)
@pytest.mark.parametrize(("fit", "compute"), [("crossed", crossed), ("same", same)])
def test_rows_equal_scipys(
    connection: Any, score: str, name: str, measure: Any, fit: str, compute: Any
) -> None:
    found = pairs(connection, score)
    rows = connection.execute(
        "SELECT target, value, n_tasks, n_pairs FROM agreement "
        "WHERE score = ? AND measure = ? AND fit = ? AND level = 'pairs'",
        [score, name, fit],
    ).fetchall()
    assert {target for target, *_ in rows} >= {None}
    for target, value, n_tasks, n_pairs in rows:
        assert value == pytest.approx(compute(found, measure, target)), target
        assert (n_tasks, n_pairs) == (4, 12 if target is None else 3)


def test_one_headline_definition_and_those_asked_for(
    study: Any, runner: Any, rooms_text: str
) -> None:
    def definitions(text: str) -> list[tuple[str, ...]]:
        runner(study(text))
        with open_published(runner.results) as connection:
            query = "SELECT DISTINCT baseline, denominator, split FROM agreement ORDER BY ALL"
            return connection.execute(query).fetchall()

    assert definitions(rooms_text) == [("half", "joint", "test")]
    more = rooms_text + "[report]\nalso = [{ baseline = 'full' }]\n"
    assert definitions(more) == [("full", "joint", "test"), ("half", "joint", "test")]
    other = rooms_text + "[gain]\ndenominator = 'single'\n"
    assert definitions(other) == [("half", "single", "test")]


def test_failed_networks_leave_the_rest_of_the_agreement(
    study: Any, runner: Any, fake: Any, rooms_text: str
) -> None:
    text = rooms_text.replace("[tasks.normal]", "[tasks.normal]\n[tasks.reshading]")

    def fails(ticket: Any) -> bool:
        return ticket.kind == "network" and [*ticket.content["tasks"]] == ["normal", "reshading"]

    outcome = runner(study(text), fake(fails=fails))
    assert outcome.failed == 2
    with open_published(runner.results) as connection:
        found = connection.execute(
            "SELECT value, reason FROM agreement WHERE measure = 'pearson' AND target IS NULL"
        ).fetchall()
    assert found
    assert all(value is not None or reason for value, reason in found)


@pytest.mark.parametrize("tasks", [1, 2])
@pytest.mark.parametrize("seeds", ["[0]", "[0, 1]"])
def test_few_tasks_and_seeds_give_reasons(
    study: Any, runner: Any, rooms_text: str, tasks: int, seeds: str
) -> None:
    named = ["[tasks.depth_zbuffer]\n", "[tasks.edge_texture]\n"][: 3 - tasks]
    text = rooms_text.replace("[0, 1]", seeds)
    for section in named:
        text = text.replace(section, "")
    if tasks == 1:
        for score in ("td", "ias", "rsa"):
            text = text.replace(f"[scores.{score}]\n", "")
    assert runner(study(text)).ok
    with open_published(runner.results) as connection:
        rows = connection.execute("SELECT value, reason FROM agreement").fetchall()
    assert all(value is not None or reason for value, reason in rows)


SHARES = "shares runs with the gain"


@pytest.mark.parametrize(
    ("baseline", "shared"),
    [
        ("half", {"ias", "rsa", "li", "gs", "gt"}),
        ("full", {"gs", "gt"}),
    ],
)
def test_scores_that_read_the_networks_of_the_gain_are_marked(
    study: Any, runner: Any, rooms_text: str, baseline: str, shared: set[str]
) -> None:
    names = ("li", "gs", "gt", "tag", "cs", "etap")
    text = rooms_text + "".join(f"[scores.{name}]\n" for name in names)
    runner(study(text + f"[gain]\nbaseline = '{baseline}'\n"))
    with open_published(runner.results) as connection:
        marked = connection.execute(
            "SELECT DISTINCT score FROM agreement "
            "WHERE level = 'pairs' AND fit = 'same' AND contains(reason, ?)",
            [SHARES],
        ).fetchall()
        scores = connection.execute(
            "SELECT count(DISTINCT score) FROM agreement WHERE level = 'pairs'"
        ).fetchall()
    assert {score for (score,) in marked} == shared
    assert scores == [(9,)]


def test_the_net_of_all_tasks_is_the_pairs_where_there_are_two(
    study: Any, runner: Any, rooms_text: str
) -> None:
    text = rooms_text.replace("[tasks.normal]\n", "") + "[scores.tag]\n"
    runner(study(text))
    with open_published(runner.results) as connection:
        reasons = connection.execute(
            "SELECT DISTINCT reason FROM agreement WHERE score = 'tag' AND fit = 'same'"
        ).fetchall()
    assert all(SHARES in reason for (reason,) in reasons)
