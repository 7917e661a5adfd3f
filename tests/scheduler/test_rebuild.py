"""A store made anew from the folders says what the lost one said, of every study."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.errors import StoreError
from specbench.results import Results
from specbench.scheduler.rebuild import rebuild
from specbench.spec.recorded import study_of
from specbench.store.database import SCHEMA_VERSION, open_published


def views(results: Results) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that the views show."""
    with open_published(results) as store:
        names = store.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        return {
            name: store.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            for (name,) in names
        }


@pytest.fixture
def two_studies(made_up: Any, runner: Any, rooms_text: str) -> Results:
    """Two studies in one folder, one with conditions, proxies and choices of networks."""
    more = '[scores.proxy]\n[conditions.axes]\n"networks.width" = [4, 8]\n[choose]\nbudgets = [2]\n'
    second = rooms_text.replace("[0, 1]", "[0, 1, 2]")
    shutil.copytree(made_up(first=rooms_text + more, second=second).root, runner.results.root)
    results: Results = runner.results
    return results


def test_every_study_comes_back_view_for_view(
    two_studies: Results, study: Any, runner: Any, fake: Any, rooms_text: str
) -> None:
    def fails(ticket: Any) -> bool:
        content = ticket.content
        return ticket.kind == "network" and content["seed"] == 5 and "normal" in content["tasks"]

    third = study(rooms_text.replace("[0, 1]", "[5, 6]"), name="third.toml")
    runner(third, fake(fails=lambda ticket: ticket.kind == "network"))
    runner(third, fake(fails=fails), retry_failed=True)
    before = views(two_studies)
    assert before["agreement"]
    assert before["selections"]
    assert {row[3] for row in before["jobs"]} == {"done", "failed", "blocked"}
    two_studies.store.unlink()
    said: list[str] = []
    assert rebuild(two_studies, said.append) == ["first", "second", "third"]
    assert said == []
    assert views(two_studies) == before


@pytest.mark.parametrize("lost", ["gone", "broken", "older"])
def test_a_run_that_finds_no_store_brings_back_the_other_studies(
    two_studies: Results, study: Any, runner: Any, rooms_text: str, lost: str
) -> None:
    before = views(two_studies)
    if lost == "gone":
        two_studies.store.unlink()
    elif lost == "broken":
        two_studies.store.write_bytes(two_studies.store.read_bytes()[:5000])
    else:
        with duckdb.connect(str(two_studies.store)) as connection:
            connection.execute("UPDATE schema_version SET version = 1")
    assert runner(study(rooms_text.replace("[0, 1]", "[0, 1, 2]"), name="second.toml")).ran == 0
    said = [line for line in runner.display.said if "made anew" in line]
    assert len(said) == (lost != "gone")
    assert views(two_studies) == before


def test_a_store_of_a_newer_version_is_left_alone(study: Any, runner: Any) -> None:
    runner(study())
    with duckdb.connect(str(runner.results.store)) as connection:
        connection.execute(f"UPDATE schema_version SET version = {SCHEMA_VERSION + 1}")
    before = runner.results.store.read_bytes()
    with pytest.raises(StoreError, match=r"written by a newer specbench .*; use that version, or"):
        runner(study())
    assert runner.results.store.read_bytes() == before
    assert rebuild(runner.results, print) == ["tiny"]
    assert runner(study()).ran == 0


@pytest.mark.parametrize("version", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
def test_a_reader_refuses_another_version_and_says_what_to_do(
    study: Any, runner: Any, version: int
) -> None:
    runner(study())
    with duckdb.connect(str(runner.results.store)) as connection:
        connection.execute(f"UPDATE schema_version SET version = {version}")
    with pytest.raises(StoreError, match=rf"\(schema {version}, .*specbench store rebuild"):
        open_published(runner.results)


def test_what_cannot_be_taken_in_is_said_and_left_out(two_studies: Results) -> None:
    key = sorted(two_studies.done())[0]
    result = two_studies.folder(key) / "result.json"
    result.write_bytes(result.read_bytes()[:-1])
    (two_studies.study("first") / "study.json").write_bytes(b'{"study": "first"}')
    shutil.copytree(two_studies.study("first"), two_studies.study("third"))
    (two_studies.study("third") / "plan.json").unlink()
    said: list[str] = []
    assert rebuild(two_studies, said.append) == ["second"]
    assert any(key in line and "checksum" in line for line in said)
    assert sum("no record of the study that can be read" in line for line in said) == 2
    with open_published(two_studies) as store:
        found = store.execute("SELECT study FROM studies").fetchall()
    assert found == [("second",)]
    assert two_studies.is_done(key), "nothing is moved: that is for a run to do"


def test_a_record_gives_back_what_the_analysis_reads(study: Any, rooms_text: str) -> None:
    one = study(rooms_text + "[choose]\nsplits = [2]\n[report]\nalso = [{baseline = 'full'}]\n")
    other = study_of(one.name, one.passed, one.resolved())
    assert other.gains == one.gains
    assert other.spec.choose == one.spec.choose
    assert (other.seeds, list(other.scores)) == (one.seeds, list(one.scores))
    assert [c.name for c in other.conditions] == [c.name for c in one.conditions]
    assert sorted(other.base.tasks) == sorted(one.base.tasks)
    assert other.base.groups == one.base.groups
    assert other.base.settings.networks == one.base.settings.networks


def test_published_figures_come_back_without_their_files(
    study: Any, runner: Any, inline: Any, tmp_path: Path
) -> None:
    text = (
        '[data]\nkind = "published"\nlosses = "losses.csv"\n[tasks.a]\n[tasks.b]\n[gain]\n'
        'baseline = "unstated"\n'
    )
    rows = ["network,target,test_loss", "a,a,1", "b,b,2", "a+b,a,0.9", "a+b,b,2.1"]
    (tmp_path / "losses.csv").write_text("\n".join(rows) + "\n")
    assert runner(study(text), inline()).ok
    before = views(runner.results)
    assert before["gains"]
    (tmp_path / "losses.csv").unlink()
    (tmp_path / "tiny.toml").unlink()
    assert rebuild(runner.results, print) == ["tiny"]
    assert views(runner.results) == before


def test_a_rebuild_runs_no_code_of_a_study(two_studies: Results) -> None:
    path = two_studies.study("second") / "study.json"
    record = json.loads(path.read_text())
    resolved = json.loads(record["resolved"])
    resolved["study"]["code"] = "/nowhere/scores.py"
    path.write_text(json.dumps({**record, "resolved": json.dumps(resolved)}))
    said: list[str] = []
    assert rebuild(two_studies, said.append) == ["first", "second"]
    assert said == ["study 'second' has scores of its own: its next run computes their agreement"]
    query = "SELECT study FROM agreement UNION SELECT study FROM gains ORDER BY ALL"
    with open_published(two_studies) as store:
        assert store.execute(query).fetchall() == [("first",), ("second",)]
        counted = store.execute("SELECT DISTINCT study FROM agreement").fetchall()
    assert counted == [("first",)], "its gains are there, its agreement is not guessed"
