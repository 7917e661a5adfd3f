"""Gains under every definition, computed again by hand from losses and metrics."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from specbench.store.database import create, open_published


@pytest.fixture
def connection(made_up: Any, rooms_text: str) -> Any:
    text = rooms_text + '[conditions.axes]\n"training.epochs" = [2, 3]\n'
    text = text.replace("[tasks.normal]", "[tasks.normal]\n[tasks.reshading]")
    with open_published(made_up(tiny=text)) as connection:
        yield connection


def expected_gain(single: float, joint: float, denominator: str, higher: bool) -> float:
    difference = joint - single if higher else single - joint
    return difference / (joint if denominator == "joint" else single)


def measured(connection: Any) -> dict[tuple[Any, ...], tuple[float, bool]]:
    """Return every loss and metric by (condition, seed, network, capacity, target, split, name)."""
    place = "condition, seed, network, capacity, target, split"
    found = {}
    for *where, loss in connection.execute(f"SELECT {place}, loss FROM losses").fetchall():
        found[(*where, "loss")] = (loss, False)
    query = f"SELECT {place}, metric, value, higher_is_better FROM metrics"
    for *where, value, higher in connection.execute(query).fetchall():
        found[tuple(where)] = (value, higher)
    return found


@pytest.mark.parametrize(("view", "sizes"), [("gains", {2}), ("group_gains", {4})])
def test_gains_by_hand(connection: Any, view: str, sizes: set[int]) -> None:
    values = measured(connection)
    expected = {}
    for (condition, seed, network, _, target, split, quantity), (joint, higher) in values.items():
        tasks = network.split("+")
        if len(tasks) not in sizes or split == "train":
            continue
        for (baseline, capacity), denominator in itertools.product(
            (("half", 0.5), ("full", 1.0)), ("joint", "single")
        ):
            single, _ = values[condition, seed, target, capacity, target, split, quantity]
            gain = expected_gain(single, joint, denominator, higher)
            other = network if view == "group_gains" else next(t for t in tasks if t != target)
            where = (condition, seed, target, other, quantity, baseline, denominator, split)
            expected[where] = pytest.approx(gain)
    other = "network" if view == "group_gains" else "partner"
    rows = connection.execute(
        f"SELECT condition, seed, target, {other}, quantity, baseline, denominator, split, gain "
        f"FROM {view}"
    ).fetchall()
    assert {tuple(where): gain for *where, gain in rows} == expected
    assert len(rows) == len(expected) > 100


def test_every_ordered_pair_has_a_gain(connection: Any) -> None:
    rows = connection.execute(
        "SELECT DISTINCT target, partner FROM gains WHERE quantity = 'loss'"
    ).fetchall()
    assert len(rows) == 12


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("b", "ab"),
        ("a", "a.a"),
        ("x y", "x"),
        ("ä", "äa"),
        ("👩‍🚀", "a"),
        ("e\u0301", "e"),
        ("'", '"'),
    ],
)
def test_partners_of_oddly_named_tasks(one: str, two: str) -> None:
    with create(":memory:") as connection:
        names = sorted([one, two])
        networks = [(one, 0.5), (two, 0.5), ("+".join(names), 1.0)]
        for network, capacity in networks:
            row = ["s", network + str(capacity), "base", 0, network, capacity, ""]
            connection.execute("INSERT INTO member_network VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            for target in network.split("+"):
                values = [network + str(capacity), target, "test", capacity]
                connection.execute("INSERT INTO result_loss VALUES (?, ?, ?, ?)", values)
        query = "SELECT target, partner, gain FROM gains WHERE denominator = 'joint'"
        rows = connection.execute(query).fetchall()
    assert sorted(rows) == sorted([(one, two, -0.5), (two, one, -0.5)])


def test_a_joint_loss_of_zero_gives_no_gain() -> None:
    with create(":memory:") as connection:
        for network, capacity, loss in (("a", 0.5, 1.0), ("a+b", 1.0, 0.0)):
            row = ["s", network, "base", 0, network, capacity, ""]
            connection.execute("INSERT INTO member_network VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute(
                "INSERT INTO result_loss VALUES (?, 'a', 'test', ?)", [network, loss]
            )
        rows = connection.execute("SELECT denominator, gain FROM gains ORDER BY 1").fetchall()
    assert rows == [("joint", None), ("single", 1.0)]


def test_injected_networks_are_no_baseline() -> None:
    with create(":memory:") as connection:
        for network, injected in (("a", "b"), ("a+b", "")):
            row = ["s", network, "base", 0, network, 1.0, injected]
            connection.execute("INSERT INTO member_network VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute("INSERT INTO result_loss VALUES (?, 'a', 'test', 1.0)", [network])
        assert connection.execute("SELECT * FROM gains").fetchall() == []
