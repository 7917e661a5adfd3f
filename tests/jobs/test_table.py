"""A study of a table from file to views: tasks with rows of their own, missing labels, scores."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from specbench.errors import SpecError
from specbench.plan.grid import expand
from specbench.plan.jobs import Kind
from specbench.report.study import read_study
from specbench.scheduler.drawing import draw
from specbench.scheduler.survey import survey
from specbench.spec.load import load
from specbench.spec.table_models import TableData

STUDY = """\
[data]
kind = "table"
path = "people.csv"
split.in_order = true
split.fractions = [0.6, 0.2, 0.2]

[data.inputs]
numeric = ["x", "y"]
categorical = ["town"]

[tasks.sum]
kind = "value"
loss = "mse"
[tasks.more]
kind = "binary"
[tasks.town_seen]
kind = "image_class"
classes = 3

[networks]
width = 16
features = 8

[training]
epochs = 30
batch_size = 32
learning_rate = 0.01

[scores.rsa]
[scores.nce]
[scores.tag]
every = 40
"""


def write_people(path: Path, rows: int = 500) -> Path:
    """Write rows of which the first task labels the even and the others the odd ones."""
    rng = np.random.default_rng(0)
    lines = ["x,y,town,sum,more,town_seen"]
    for row in range(rows):
        x, y, town = rng.normal(), rng.normal(), "abc"[rng.integers(3)]
        even = f"{x + y:.4f},," if row % 2 == 0 else f",{int(x > y)},{town}"
        lines.append(f"{x:.4f},{y:.4f},{town},{even}")
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def done(write: Any, runner: Any, inline: Any, tmp_path: Path) -> Any:
    write_people(tmp_path / "people.csv")
    outcome = runner(load(write(STUDY, "people.toml")), inline())
    assert outcome.ok, runner.display.said
    return duckdb.connect(str(runner.results.root / "specbench.duckdb"), read_only=True)


def test_tasks_with_rows_of_their_own_are_learnt_together(done: Any) -> None:
    losses = {
        (network, target, capacity): (loss, constant)
        for network, target, capacity, loss, constant in done.execute(
            "SELECT network, target, capacity, l.loss, c.loss FROM losses AS l JOIN constants AS c "
            "USING (study, condition, target, split) WHERE split = 'test'"
        ).fetchall()
    }
    assert len(losses) == 3 * 2 + 3 * 2 + 3
    for place, (loss, constant) in losses.items():
        assert math.isfinite(loss), place
        assert loss < 0.7 * constant, place
    metrics = dict(
        done.execute(
            "SELECT target || ' ' || metric, value FROM metrics "
            "WHERE network = 'more+sum+town_seen' AND split = 'test'"
        ).fetchall()
    )
    assert set(metrics) == {
        "more accuracy",
        "more auroc",
        "more average_precision",
        "sum mae",
        "sum r2",
        "sum rmse",
        "town_seen accuracy",
    }
    assert metrics["more auroc"] > 0.9
    assert metrics["sum r2"] > 0.6
    assert done.execute("SELECT count(*) FROM samples").fetchone() == (0,)


def test_what_is_trained_on_is_called_a_row(done: Any, runner: Any, tmp_path: Path) -> None:
    drawn = draw(survey(load(tmp_path / "people.toml"), runner.results))
    assert "multiply-adds/row" in drawn
    assert "multiply-adds/image" not in drawn
    assert read_study(done, "people").samples == "rows"


def test_samples_of_a_series_are_called_windows() -> None:
    inputs = {"numeric": ["x"]}
    rows = TableData(kind="table", path="x.csv", inputs=inputs)
    windows = TableData(kind="table", path="x.csv", inputs=inputs, window={"length": 8})
    assert (rows.sample, windows.sample) == ("row", "window")


def test_a_score_that_needs_shared_labels_says_where_there_are_none(done: Any) -> None:
    found = {
        (target, partner): (state, reason)
        for target, partner, state, reason in done.execute(
            "SELECT target, partner, state, reason FROM scores WHERE score = 'nce'"
        ).fetchall()
    }
    assert found["more", "town_seen"][0] == "defined"
    assert found["more", "sum"][0] == "undefined"
    others = done.execute(
        "SELECT count(*) FILTER (state = 'defined'), count(*) FROM scores WHERE score <> 'nce'"
    ).fetchone()
    assert others == (12, 12)


def test_check_names_pairs_without_a_shared_row_and_refuses_where_all_are(
    write: Any, specbench: Any, tmp_path: Path
) -> None:
    write_people(tmp_path / "people.csv")
    said = specbench("check", str(write(STUDY, "people.toml"))).stdout
    assert "nce: undefined for more and sum, no row has both labels" in said
    assert "nce: undefined for sum and town_seen" in said
    assert "more and town_seen" not in said
    alone = STUDY.replace('[tasks.town_seen]\nkind = "image_class"\nclasses = 3\n', "")
    classes = alone.replace("[scores.nce]", "[scores.li]")
    with pytest.raises(SpecError, match="score 'li' needs rows with the labels of two tasks"):
        load(write(classes, "people.toml"))


def test_keys_follow_what_a_job_reads(plan_of: Any, tmp_path: Path) -> None:
    write_people(tmp_path / "people.csv")
    plan = plan_of(STUDY)

    def packs(*overrides: str) -> dict[str, str]:
        jobs = plan_of(STUDY, *overrides).jobs.values()
        return {job.content["domain"]: job.key for job in jobs if job.kind is Kind.PACK}

    usual = packs()
    assert set(usual) == {"inputs", "sum", "more", "town_seen"}
    more = packs('tasks.x2={domain="x2", kind="value"}')
    assert {name: more[name] for name in usual} == usual, "another task packs another column only"
    assert packs("data.seed=5") == usual, "rows in order are not hashed"
    fed = packs('data.inputs.numeric=["x"]')
    assert {name for name in usual if fed[name] != usual[name]} == {"inputs"}
    raw = packs("data.standardise=false")
    assert raw["inputs"] == usual["inputs"]
    assert raw["sum"] != usual["sum"]
    split = packs("data.split.fractions=[0.5, 0.25, 0.25]")
    assert not set(split.values()) & set(usual.values())
    network = next(job for job in plan.jobs.values() if job.kind is Kind.NETWORK)
    assert "image_size" not in network.content["network"]
    assert network.content["network"]["length"] == 1


def test_the_inputs_that_a_plan_guessed_are_counted_once_packed(
    write: Any, runner: Any, inline: Any, tmp_path: Path
) -> None:
    write_people(tmp_path / "people.csv")
    text = STUDY.replace("epochs = 30", "epochs = 1")
    study = load(write(text.split("[scores")[0], "people.toml"))
    assert isinstance(study.base.settings.data, TableData)
    before = expand(study, runner.results)
    assert before.provisional
    assert runner(study, inline()).ok
    after = expand(study, runner.results)
    inputs = {
        job.content["network"]["inputs"] for job in after.jobs.values() if job.kind is Kind.NETWORK
    }
    assert not after.provisional
    assert inputs == {2 + 3}
    assert after.networks
    assert all(runner.results.is_done(cell.key) for cell in after.networks)
