"""What choosing networks costs beside HOA, against sums made by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.report.build import build
from specbench.report.choosing import FIFTY, ChoosingCosts
from specbench.report.findings import find

EPOCHS, IMAGES, SECONDS = 6, 800, 12.5
TOTALS = {"optimal": 0.40, "hoa": 0.44, "tag": 0.45, "esa": 0.42, "random": 0.49, "all_in_one": 0.5}


@pytest.fixture
def store(new_study: Callable[..., Any]) -> duckdb.DuckDBPyConnection:
    """Five tasks, three seeds, choices by number of networks; HOA's pairs all trained."""
    connection: duckdb.DuckDBPyConnection = new_study(scores=("td", "tag"))
    for method, total in TOTALS.items():
        for splits, factor in ((2.0, 1.0), (3.0, 0.9)):
            test = total if method == "all_in_one" else total * factor
            connection.execute(
                "INSERT INTO selections VALUES ('small', 'base', NULL, ?, 'splits', ?, 'a, b', "
                "'validation', ?, ?, 0.0, NULL)",
                [method, splits, test, test],
            )
    return connection


def table(store: duckdb.DuckDBPyConnection) -> ChoosingCosts:
    (found,) = find(store, "small").choosing
    return found


def test_hoa_pays_for_networks_of_one_and_two_tasks_of_full_capacity(store: Any) -> None:
    found = table(store)
    by_method = {row.method: row for row in found.rows}
    singles, pairs = 5 * 2e7, 10 * 3e7
    hoa = 3 * IMAGES * EPOCHS * (singles + pairs)
    assert by_method["hoa"].price.macs == pytest.approx(hoa)
    assert by_method["hoa"].price.seconds == pytest.approx(15 * SECONDS)
    everything = 3 * IMAGES * EPOCHS * (singles + pairs + 6e7)
    assert by_method["optimal"].price.macs == pytest.approx(everything)
    assert by_method["esa"].price.macs == pytest.approx(everything / 5)
    assert by_method["optimal"].times == pytest.approx(hoa / everything)
    assert by_method["hoa"].times == 1
    for free in ("random", "all_in_one"):
        assert by_method[free].price.macs == 0
        assert by_method[free].times is None


def test_a_score_pays_for_itself(store: Any) -> None:
    rows = {row.method: row for row in table(store).rows}
    macs, seconds = store.execute(
        "SELECT sum(macs) / 3, sum(seconds) / 3 FROM scores WHERE score = 'tag'"
    ).fetchone()
    assert rows["tag"].price.macs == pytest.approx(macs)
    assert rows["tag"].times == pytest.approx(rows["hoa"].price.macs / macs)
    assert rows["tag"].times_seconds == pytest.approx(15 * SECONDS / seconds)


def test_losses_are_held_against_one_network_of_all_tasks(store: Any) -> None:
    rows = {row.method: row.lower for row in table(store).rows}
    assert rows["all_in_one"] == (0, 0)
    assert rows["tag"] == pytest.approx((0.1, 1 - 0.45 * 0.9 / 0.5))
    assert table(store).limits == (2, 3)


def test_the_printed_figures_stand_beside_the_measured_ones(store: Any, tmp_path: Path) -> None:
    assert table(store).printed == FIFTY
    pages = build(store, ["small"], tmp_path, {"html"})
    text = pages[0].read_text(encoding="utf-8")
    assert "What choosing costs" in text
    assert "TAG, as printed" in text
    assert "11.6 ×" in text
    store.execute("DELETE FROM selections WHERE method = 'tag'")
    assert table(store).printed is None


def test_without_hoa_there_is_nothing_to_hold_costs_against(store: Any) -> None:
    store.execute("DELETE FROM selections WHERE method = 'hoa'")
    assert find(store, "small").choosing == ()
