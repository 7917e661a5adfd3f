"""The stable interface: names, columns and natural keys of the views."""

from __future__ import annotations

from typing import Any

import pytest

from specbench.store.database import create, open_published

_NETWORK = "study condition seed network capacity injected"
_GAIN = "quantity baseline denominator split"
COLUMNS = {
    "studies": "study spec_passed spec_resolved versions hardware created",
    "data": "study condition fingerprint split images excluded reason",
    "jobs": "study key kind state attempts reason seconds host device error title",
    "networks": f"{_NETWORK} parameters macs images_per_second best_epoch key",
    "losses": f"{_NETWORK} target split loss",
    "metrics": f"{_NETWORK} target split metric value higher_is_better",
    "curves": f"{_NETWORK} target split epoch loss",
    "method_log": f"{_NETWORK} epoch quantity name value",
    "gains": f"study condition seed target partner {_GAIN} gain",
    "group_gains": f"study condition seed target network {_GAIN} gain",
    "scores": "study condition seed score target partner value state reason macs seconds",
    "group_scores": "study condition seed score target network value",
    "agreement": (
        f"study condition score_condition score level {_GAIN} measure target fit value low high p "
        "p_corrected p_smallest ceiling n_tasks n_pairs n_seeds reason"
    ),
    "selections": (
        "study condition seed method limit_kind budget networks assign val_total test_total regret "
        "reason"
    ),
    "samples": "study condition seed network target image path",
    "transfers": (
        "study condition seed source_set sources target split metric value pretrain_macs "
        "finetune_macs seconds"
    ),
}
KEYS = {
    "studies": "study",
    "data": "study condition split",
    "jobs": "study key",
    "networks": _NETWORK,
    "losses": f"{_NETWORK} target split",
    "metrics": f"{_NETWORK} target split metric",
    "curves": f"{_NETWORK} target split epoch",
    "method_log": f"{_NETWORK} epoch quantity name",
    "gains": f"study condition seed target partner {_GAIN}",
    "group_gains": f"study condition seed target network {_GAIN}",
    "scores": "study condition seed score target partner",
    "group_scores": "study condition seed score target network",
    "agreement": f"study condition score_condition score level {_GAIN} measure target fit",
    "selections": "study condition seed method limit_kind budget assign",
    "samples": "study condition seed network target image",
    "transfers": "study condition seed source_set target split metric",
}
TEXT = """
[choose]
budgets = [1.5, 3.0]
splits = [2]
[conditions.axes]
"training.epochs" = [2, 3]
[conditions.cases."less data"]
"data.train_images" = 3
[conditions.cases.pcgrad]
"training.method" = "pcgrad"
[report]
also = [{ denominator = "single" }, { baseline = "full", split = "val" }]
"""


@pytest.mark.parametrize("view", COLUMNS)
def test_an_empty_store_answers_with_the_columns_promised(view: str) -> None:
    with create(":memory:") as connection:
        found = connection.execute(f"SELECT * FROM {view}")
        assert [column[0] for column in found.description] == COLUMNS[view].split()
        assert found.fetchall() == []


@pytest.fixture
def connection(made_up: Any, rooms_text: str) -> Any:
    """A store with two studies that share networks, conditions and several gain definitions."""
    with open_published(made_up(tiny=rooms_text + TEXT, other=rooms_text)) as connection:
        yield connection


def test_rows_are_unique(connection: Any) -> None:
    filled = set()
    for view, key in KEYS.items():
        columns = ", ".join(key.split())
        query = f"SELECT {columns}, count(*) FROM {view} GROUP BY ALL HAVING count(*) > 1"
        assert connection.execute(query).fetchall() == [], view
        if connection.execute(f"SELECT count(*) FROM {view}").fetchone() != (0,):
            filled.add(view)
    assert set(KEYS) - filled == {"transfers"}


def test_words_are_stable(connection: Any) -> None:
    def words(view: str, column: str) -> set[str]:
        return {
            w for (w,) in connection.execute(f"SELECT DISTINCT {column} FROM {view}").fetchall()
        }

    assert words("studies", "study") == {"tiny", "other"}
    assert words("networks", "condition") == {"base", "training.epochs=3", "less data", "pcgrad"}
    assert words("losses", "split") == {"train", "val", "test"}
    assert words("gains", "split") == {"val", "test"}
    assert words("gains", "quantity") == {"loss"} | words("metrics", "metric")
    assert words("scores", "score") == {"td", "ias", "rsa"}
    assert words("agreement", "fit") <= {"crossed", "same"}
    assert words("agreement", "level") == {"pairs", "groups"}
    assert words("group_scores", "score") == {"td", "ias", "rsa", "hoa"}
    assert words("jobs", "state") == {"done"}
    assert words("method_log", "condition") == {"pcgrad"}
    assert words("method_log", "quantity") == {"weight"}


def test_samples_come_with_the_smallest_single_net(connection: Any) -> None:
    query = (
        "SELECT s.path, n.capacity FROM samples s JOIN networks n "
        "ON s.path LIKE n.key || '/%' AND s.study = n.study AND s.condition = n.condition "
        "WHERE s.network = s.target AND s.study = 'other'"
    )
    rows = connection.execute(query).fetchall()
    assert len(rows) == 6
    assert {capacity for _, capacity in rows} == {0.5}


def test_samples_without_half_capacity_nets(study: Any, runner: Any, rooms_text: str) -> None:
    text = rooms_text.replace("[scores.ias]\n[scores.rsa]", "[gain]\nbaseline = 'full'")
    text = text.replace("[networks]", "[networks]\nsingle_capacities = [1.0]")
    runner(study(text))
    with open_published(runner.results) as connection:
        query = "SELECT count(*) FROM samples WHERE network = target AND seed IS NOT NULL"
        assert connection.execute(query).fetchone() == (6,)


def test_the_study_is_recorded_as_passed_and_as_resolved(
    study: Any, runner: Any, rooms_text: str
) -> None:
    import json

    runner(study(rooms_text, "training.epochs=3"))
    with open_published(runner.results) as connection:
        passed, resolved, versions, hardware = connection.execute(
            "SELECT spec_passed, spec_resolved, versions, hardware FROM studies"
        ).fetchone()
    assert passed == rooms_text + "\n# --set training.epochs=3"
    assert json.loads(resolved)["training"]["epochs"] == 3
    assert json.loads(resolved)["networks"]["features"] == 8
    assert {"torch", "python", "specbench"} <= set(json.loads(versions))
    assert json.loads(hardware)["cores"] >= 1


def test_excluded_images_are_counted_with_reasons(connection: Any) -> None:
    rows = connection.execute(
        "SELECT DISTINCT split, images, excluded, reason FROM data"
    ).fetchall()
    assert sorted(rows) == [(split, 4, 1, "1 × no label") for split in ("test", "train", "val")]


def test_a_changed_study_replaces_its_rows(study: Any, runner: Any, rooms_text: str) -> None:
    runner(study(rooms_text))
    runner(study(rooms_text.replace("[0, 1]", "[0]").replace("[scores.rsa]\n", "")))
    with open_published(runner.results) as connection:
        seeds = connection.execute("SELECT DISTINCT seed FROM networks").fetchall()
        scores = connection.execute(
            "SELECT DISTINCT score FROM agreement WHERE level = 'pairs' ORDER BY 1"
        ).fetchall()
    assert seeds == [(0,)]
    assert scores == [("ias",), ("td",)]
