"""What pairs predict for groups, computed again from the other views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from specbench.store.database import open_published

DEFINED = "quantity = 'loss' AND baseline = 'half' AND denominator = 'joint' AND split = 'test'"


@pytest.fixture
def connection(made_up: Any, rooms_text: str) -> Any:
    text = rooms_text.replace("[tasks.normal]", "[tasks.normal]\n[tasks.reshading]").replace(
        'encoder = "conv"',
        'encoder = "conv"\n'
        'groups = ["singles", "pairs", "all", ["normal", "reshading", "edge_texture"]]',
    )
    with open_published(made_up(tiny=text)) as connection:
        yield connection


def group_scores(connection: Any, score: str) -> dict[tuple[int, str, str], float]:
    rows = connection.execute(
        "SELECT seed, target, network, value FROM group_scores WHERE score = ?", [score]
    ).fetchall()
    return {(seed, target, network): value for seed, target, network, value in rows}


@pytest.mark.parametrize("score", ["td", "ias", "rsa"])
def test_a_score_of_a_group_is_the_mean_over_the_other_members(connection: Any, score: str) -> None:
    rows = connection.execute(
        "SELECT seed, target, partner, value FROM scores WHERE score = ?", [score]
    ).fetchall()
    pairs = {(seed, target, partner): value for seed, target, partner, value in rows}
    found = group_scores(connection, score)
    assert len(found) == 2 * (4 + 3)
    for (seed, target, network), value in found.items():
        others = [task for task in network.split("+") if task != target]
        expected = np.mean([pairs[seed, target, other] for other in others])
        assert value == pytest.approx(expected)


def test_hoa_is_the_gain_of_the_mean_pair_loss_on_validation_images(connection: Any) -> None:
    rows = connection.execute(
        "SELECT seed, network, target, loss FROM losses "
        "WHERE split = 'val' AND (network <> target OR capacity = 0.5)"
    ).fetchall()
    losses = {(seed, network, target): loss for seed, network, target, loss in rows}
    for (seed, target, network), value in group_scores(connection, "hoa").items():
        others = [task for task in network.split("+") if task != target]
        pairs = ["+".join(sorted((target, other))) for other in others]
        joint = np.mean([losses[seed, pair, target] for pair in pairs])
        assert value == pytest.approx((losses[seed, target, target] - joint) / joint)


def test_agreement_with_group_gains_is_that_of_numpy(connection: Any) -> None:
    found = group_scores(connection, "rsa")
    rows = connection.execute(
        f"SELECT seed, target, network, gain FROM group_gains WHERE {DEFINED}"
    ).fetchall()
    gains = {(seed, target, network): gain for seed, target, network, gain in rows}
    cells = sorted({cell[1:] for cell in gains})
    score = [np.mean([found[seed, *cell] for seed in (0, 1)]) for cell in cells]
    gain = [np.mean([gains[seed, *cell] for seed in (0, 1)]) for cell in cells]
    (value,) = connection.execute(
        "SELECT value FROM agreement WHERE score = 'rsa' AND level = 'groups' "
        f"AND measure = 'pearson' AND fit = 'same' AND target IS NULL AND {DEFINED}"
    ).fetchone()
    assert value == pytest.approx(np.corrcoef(score, gain)[0, 1])


def test_hoa_carries_the_mark_that_it_shares_runs(connection: Any) -> None:
    reasons = connection.execute(
        "SELECT reason FROM agreement WHERE score = 'hoa' AND fit = 'same'"
    ).fetchall()
    assert reasons
    assert all("shares runs with the gain" in reason for (reason,) in reasons)


def test_without_larger_networks_nothing_is_predicted(
    study: Any, runner: Any, rooms_text: str
) -> None:
    text = rooms_text.replace('encoder = "conv"', 'encoder = "conv"\ngroups = ["singles", "pairs"]')
    runner(study(text))
    with open_published(runner.results) as connection:
        assert connection.execute("SELECT count(*) FROM group_scores").fetchone() == (0,)
        levels = connection.execute("SELECT DISTINCT level FROM agreement").fetchall()
    assert levels == [("pairs",)]


def test_a_score_with_values_of_its_own_for_groups_keeps_them(
    study: Any, runner: Any, inline: Any, arrays: Any, arrays_text: str
) -> None:
    text = arrays_text.replace("[scores.td]\n[scores.ias]\n[scores.rsa]", "[scores.grad_tag]")
    text += "images = 3\npixels = 1\ndimensions = 8\n"
    assert runner(study(text), inline()).ok
    with open_published(runner.results) as connection:
        found = group_scores(connection, "grad_tag")
        repeated = connection.execute(
            "SELECT score FROM group_scores "
            "GROUP BY study, condition, seed, score, target, network HAVING count(*) > 1"
        ).fetchall()
        pairs = connection.execute("SELECT value FROM scores WHERE score = 'grad_tag'").fetchall()
    assert repeated == []
    assert len(found) == 2 * 3
    assert len(pairs) == 2 * 6
    assert all(np.isfinite(value) for value in found.values())
