"""What a report says of transfer, from stores filled with invented values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.report.answer import headline, sentences
from specbench.report.build import build
from specbench.report.findings import find
from specbench.store.database import create
from specbench.store.derived import fill_derived
from specbench.store.ingest import ingest_study
from specbench.store.transfers import metric_of

SETS = {
    "none": ("", 1.0),
    "random-2.1": ("depth_zbuffer+edge_texture", 0.9),
    "random-2.2": ("edge_texture+reshading", 0.95),
    "related-2 rsa": ("depth_zbuffer+reshading", 0.7),
    "all": ("depth_zbuffer+edge_texture+reshading", 0.8),
}


def fill(
    study: Any, sets: dict[str, tuple[str, float]] = SETS, noise: float = 0.0
) -> duckdb.DuckDBPyConnection:
    """A store in which each set multiplies the losses of two targets over two seeds.

    ``noise`` is what the second seed adds to a set's factor.
    """
    connection, cells, number = create(":memory:"), [], 0
    for name, (sources, factor) in sets.items():
        for target in ("normal", "segment_semantic"):
            metric = metric_of(study.conditions[0], target)
            for seed in (0, 1):
                key = f"key{number}"
                number += 1
                more = noise * seed if sources else 0
                loss = (factor + more) * (1 + seed / 100) * (2 if target == "normal" else 1)
                pretrained = sources.replace("+", "-")
                cells.append(
                    {"key": key, "condition": "base", "seed": seed, "source_set": name,
                     "sources": sources, "target": target, "rate": 0.1, "pretrained": pretrained}
                )  # fmt: skip
                connection.execute(
                    "INSERT INTO ingested VALUES (?, 'network', 2, 'h', 'cpu')", [key]
                )
                connection.execute("INSERT INTO result_network VALUES (?, 1, 1, 1, 0, 5e6)", [key])
                for split in ("val", "test"):
                    connection.execute(
                        "INSERT INTO result_loss VALUES (?, ?, ?, ?)", [key, target, split, loss]
                    )
                    if metric != "loss":
                        connection.execute(
                            "INSERT INTO result_metric VALUES (?, ?, ?, ?, ?, false)",
                            [key, target, split, metric, loss],
                        )
        if sources:
            count = sources.count("+") + 1
            key = sources.replace("+", "-")
            connection.execute("INSERT INTO ingested VALUES (?, 'network', 9, 'h', 'cpu')", [key])
            connection.execute(
                "INSERT INTO result_network VALUES (?, 1, 1, 1, 0, ?)", [key, count * 1e9]
            )
    empty: dict[str, Any] = {kind: [] for kind in ("networks", "constants", "scores", "data")}
    record = {
        "study": study.name, "passed": "", "resolved": study.resolved(), "gains": [],
        "versions": {}, "hardware": {}, "created": 0,
    }  # fmt: skip
    ingest_study(connection, record, {"cells": {**empty, "transfers": cells}})
    assert fill_derived(connection, study)
    assert not fill_derived(connection, study), "computed once"
    return connection


def said(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    found = find(connection, name)
    return " ".join([headline(found), *sentences(found)])


def test_the_answer_says_what_the_numbers_carry(study: Any, text: str) -> None:
    one = study(text)
    with fill(one) as connection:
        words = said(connection, one.name)
    assert "A few related sources did at least as well as all of them: all" in words
    assert (
        "all brought +20.0\u202f% of the loss, 2 related by RSA +30.0\u202f% of the loss" in words
    )
    assert "The best set on average over 2 targets is 2 related by RSA" in words
    assert "takes 67\u202f% of the multiply-adds that all sources take" in words
    assert "brought 22.5\u202f% of the loss more than as many at random (p =\u00a0" in words
    assert "so few targets and draws cannot tell anything from chance" in words
    assert "Pre-training hurt in 0 of 8 pairs" in words


def test_the_other_answers(study: Any, text: str) -> None:
    one = study(text)
    with fill(one, {**SETS, "all": (SETS["all"][0], 0.5)}) as connection:
        assert "All sources did better than a few related ones" in said(connection, one.name)
    worse = {name: (sources, 1.2 if sources else 1.0) for name, (sources, _) in SETS.items()}
    with fill(one, worse) as connection:
        assert "No set of sources did better" in said(connection, one.name)
    with fill(one, {"all": SETS["all"]}) as connection:
        assert "No set of sources can be held against" in said(connection, one.name)


@pytest.mark.parametrize(("factor", "neither"), [(0.8, False), (1.2, True)])
def test_sets_whose_intervals_overlap_are_not_told_apart(
    study: Any, text: str, factor: float, neither: bool
) -> None:
    one = study(text)
    sets = {"none": SETS["none"], "random-2.1": SETS["random-2.1"]}
    for name, more in (("all", 0.0), ("related-2 rsa", 0.005)):
        sets[name] = (SETS[name][0], factor + more)
    with fill(one, sets, 0.02) as connection:
        words = said(connection, one.name)
    assert "Many sources and a few related ones are not told apart: all brought" in words
    assert ("neither did better than no pre-training" in words) is neither


def test_gains_of_metrics_are_told_in_points(study: Any, text: str, tmp_path: Path) -> None:
    one = study(text.replace("[transfer]\n", '[transfer]\nquantity = "metric"\n', 1))
    with fill(one) as connection:
        words = said(connection, one.name)
        paths = build(connection, [one.name], tmp_path, {"html", "latex"})
    assert "points gained over no pre-training (95 % interval over seeds from +" in words
    assert re.search(r"mean spread \d\.\d\d points", words)
    assert not re.search(r"from \S+\u202f% to", words)
    written = {path.name: path for path in paths}
    page, tex = (written[name].read_text("utf-8") for name in ("report.html", "paper.tex"))
    assert re.search(r"2 related by RSA: \S+ points at", page)
    assert "in points, by set" in tex


def test_values_of_the_views(study: Any, text: str) -> None:
    one = study(text)
    with fill(one) as connection:
        rows = connection.execute(
            "SELECT source_set, gain, spread, pretrain_macs, finetune_macs, seconds, n_sources "
            "FROM transfer_sets WHERE target_group = '' ORDER BY gain DESC"
        ).fetchall()
        groups = connection.execute("SELECT DISTINCT target_group FROM transfer_sets").fetchall()
    assert rows[0][0] == "related-2 rsa"
    assert rows[0][1] == pytest.approx(0.3)
    assert rows[0][2] == pytest.approx(0.7 * 0.01 / 2**0.5 / 1.005)
    assert rows[0][3:] == (2e9, 5e6, 11.0, 2.0)
    assert {name for (name,) in groups} == {"", "shape", "normal", "segment_semantic"}


def test_the_page_and_the_tables_hold_every_set(study: Any, text: str, tmp_path: Path) -> None:
    one = study(text)
    with fill(one) as connection:
        written = build(connection, [one.name], tmp_path, {"html", "latex"})
    page = next(path for path in written if path.name == "report.html").read_text("utf-8")
    plain = re.sub(r"<[^>]*>", "", page)
    for words in ("2 related by RSA", "2 at random, draw 2", "Are related sources better", "none"):
        assert words in plain
    assert 'id="gains"' not in page
    tables = {path.name for path in written}
    assert {"transfer.tex", "transfer_values.tex", "transfer_cost_0.pdf"} <= tables


def test_a_sweep_counts_when_all_its_rates_are_done(study: Any, text: str) -> None:
    with create(":memory:") as connection:
        for key, rate, loss in (("a", 0.1, 0.5), ("b", 0.2, 0.4), ("c", 0.3, None)):
            connection.execute(
                "INSERT INTO member_transfer VALUES ('s', ?, 'base', 0, 'none', '', 't', ?, '')",
                [key, rate],
            )
            if loss is None:
                continue
            connection.execute("INSERT INTO ingested VALUES (?, 'network', 1, '', '')", [key])
            connection.execute("INSERT INTO result_network VALUES (?, 1, 1, 1, 0, 10)", [key])
            for split in ("val", "test"):
                connection.execute(
                    "INSERT INTO result_loss VALUES (?, 't', ?, ?)", [key, split, loss]
                )
        ask = "SELECT value, finetune_macs FROM transfers WHERE split = 'test'"
        assert connection.execute(ask).fetchall() == []
        connection.execute("INSERT INTO result_loss VALUES ('c', 't', 'val', 0.45)")
        connection.execute("INSERT INTO ingested VALUES ('c', 'network', 1, '', '')")
        connection.execute("INSERT INTO result_network VALUES ('c', 1, 1, 1, 0, 10)")
        assert connection.execute(ask).fetchall() == [(0.4, 30.0)]


def test_conditions_are_held_against_each_other_target_by_target() -> None:
    from types import SimpleNamespace

    from specbench.report.rules.transfer import conditions_rule, constant_rule
    from specbench.report.transfer import Reached, Transfers

    def reached(condition: str, target: str, best: float, loss: float) -> Reached:
        return Reached(condition, target, "accuracy", True, 1.0, loss, best, "all", loss, best)

    rows = (
        reached("base", "a", 0.5, 0.9),
        reached("base", "b", 0.5, 1.1),
        reached("pretrained", "a", 0.7, 0.5),
        reached("pretrained", "b", 0.8, 0.4),
    )
    found: Any = SimpleNamespace(transfers=Transfers(reached=rows))
    assert "under base in 0 of 2 and under pretrained in 2 of 2" in conditions_rule(found)
    assert constant_rule(found) == "The best constant predictor is not beaten by b under base."
    found = SimpleNamespace(transfers=Transfers(reached=rows[2:]))
    assert constant_rule(found).startswith("With and without pre-training every target beats")


def test_a_headline_says_of_which_condition_it_is_where_there_are_others() -> None:
    from types import SimpleNamespace

    from specbench.report.rules.transfer import others_rule
    from specbench.report.transfer import Transfer, Transfers

    def row(source_set: str, gain: float) -> dict[str, Any]:
        size = 0 if source_set == "none" else 2
        given = {"source_set": source_set, "gain": gain, "n_sources": size}
        return {**given, "quantity": "metric", "n_targets": 2, "target_group": ""}

    base = Transfer("base", (row("none", 0.0), row("all", -0.01)))
    helped = Transfer("pretrained", (row("none", 0.0), row("all", 0.04)))
    both = Transfers(by_condition={"base": base, "pretrained": helped})
    found: Any = SimpleNamespace(transfers=both)
    assert others_rule(found) == (
        "The answer above is that under base. Under pretrained: Pre-training helped most on all."
    )
    alone: Any = SimpleNamespace(transfers=Transfers(by_condition={"base": base}))
    assert others_rule(alone) == ""


def test_the_own_group_is_held_against_random_sets_of_its_size(study: Any, text: str) -> None:
    one, sets = study(text), {name: SETS[name] for name in SETS if name != "related-2 rsa"}
    sql = "SELECT related_set, difference, n_targets, n_draws FROM transfer_tests"
    with fill(one, {**sets, "shape": ("depth_zbuffer+reshading", 0.6)}) as connection:
        (own,) = connection.execute(sql).fetchall()
        words = said(connection, one.name)
    # Only one target is in the group: 1 - 0.6, against 1 - 0.9 and 1 - 0.95.
    assert own == ("own group", pytest.approx(0.4 - 0.075), 1, 2)
    assert "the target's own group brought 32.5\u202f% of the loss more than as many at" in words
    with fill(one, {**sets, "shape": ("reshading", 0.6)}) as connection:
        assert connection.execute(sql).fetchall() == [], "of another size"
    two = study(
        text.replace('lines = ["edge_texture"]', 'lines = ["edge_texture", "segment_semantic"]')
    )
    more = {"shape": ("depth_zbuffer+reshading", 0.6), "lines": ("edge_texture", 0.6)}
    with fill(two, {**sets, **more}) as connection:
        assert connection.execute(sql).fetchall() == [], "of several sizes"


def test_one_seed_knows_nothing_of_the_noise() -> None:
    from specbench.report.rules.transfer import headline as transfer_headline
    from specbench.report.transfer import Transfer

    gains = {"none": 0.0, "related-2 rsa": 0.1, "all": 0.2}
    rows = tuple(
        {"source_set": name, "gain": gain, "n_sources": place, "quantity": "loss", "seed_low": None,
         "target_group": ""}
        for place, (name, gain) in enumerate(gains.items())
    )  # fmt: skip
    words = transfer_headline(Transfer("base", rows))
    assert words.startswith("All sources did better than a few related ones: all brought")
    assert words.endswith("(one seed, so nothing is known of the noise).")
