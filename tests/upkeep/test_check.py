"""`store check` finds whatever is not as it was written, and says what to do."""

from __future__ import annotations

import shutil
from typing import Any

import duckdb
import pytest

from specbench.results import Results
from specbench.upkeep.check import check, store_differences


@pytest.fixture
def filled(made_up: Any, tmp_path: Any, rooms_text: str) -> Results:
    """A copy of a finished study's results folder."""
    root = shutil.copytree(made_up(tiny=rooms_text).root, tmp_path / "results")
    return Results.at(root)


def look(results: Results) -> Any:
    return check(results, lambda read, of: None)


def test_a_sound_folder_is_found_sound_and_left_as_it_is(filled: Results) -> None:
    before = {path: path.stat().st_mtime_ns for path in filled.root.rglob("*")}
    found = look(filled)
    assert found.ok
    assert found.folders == len(filled.done())
    assert {path: path.stat().st_mtime_ns for path in filled.root.rglob("*")} == before


def test_files_that_a_run_never_reads_are_verified(trained: Any, tmp_path: Any) -> None:
    _, results = trained
    key = next(k for k in sorted(results.done()) if (results.folder(k) / "weights.pt").exists())
    shutil.copytree(results.folder(key), tmp_path / key)
    weights = tmp_path / key / "weights.pt"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    assert look(Results.at(tmp_path)).damaged == {key: ["weights.pt"]}


@pytest.mark.parametrize("text", ["[]", "5", "{}", '"x"', "", '{"weights.pt": [1, "a"]}'])
def test_checksums_that_are_none_are_damage(filled: Results, text: str) -> None:
    key = sorted(filled.done())[0]
    (filled.folder(key) / "checksums.json").write_text(text)
    assert look(filled).damaged == {key: ["checksums.json"]}


@pytest.mark.parametrize(
    ("change", "tables"),
    [
        ("UPDATE result_loss SET loss = loss * 1.0000001 WHERE split = 'test'", {"result_loss"}),
        ("DELETE FROM result_metric WHERE metric = 'rmse'", {"result_metric"}),
        ("UPDATE member_network SET seed = 1 - seed", {"member_network"}),
        ("UPDATE study SET passed = ''", {"study"}),
        ("UPDATE job SET state = 'failed' WHERE kind = 'constant'", {"job"}),
    ],
)
def test_a_store_that_says_something_else_is_found(
    filled: Results, change: str, tables: set[str]
) -> None:
    with duckdb.connect(str(filled.store)) as connection:
        connection.execute(change)
    found = store_differences(filled)
    assert {line.split()[1].rstrip(":") for line in found} == tables


def test_a_result_that_is_gone_is_missed(filled: Results) -> None:
    shutil.rmtree(filled.folder(sorted(filled.done())[0]))
    assert {line.split()[1].rstrip(":") for line in store_differences(filled)} >= {"ingested"}


def test_what_to_do_is_said_and_done(filled: Results, specbench: Any) -> None:
    sound = specbench("store", "check")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "37 result folders are as they were written; the store agrees" in sound.stdout
    key = sorted(filled.done())[0]
    result = filled.folder(key) / "result.json"
    result.write_bytes(result.read_bytes()[:-1])
    found = specbench("store", "check")
    assert found.returncode == 1
    assert f"results/{key}: damaged: result.json" in found.stdout
    assert "--discard moves damaged folders away" in found.stdout
    assert filled.is_done(key)
    assert specbench("store", "check", "--discard").returncode == 1
    assert not filled.is_done(key)
    assert "specbench store rebuild makes the store anew" in specbench("store", "check").stdout
    done = specbench("store", "rebuild")
    assert done.returncode == 0
    assert "made anew; studies: 1: tiny" in done.stdout
    assert specbench("store", "check").returncode == 0
    filled.store.unlink()
    assert "no store yet" in specbench("store", "check").stdout


def test_a_folder_that_is_not_there_is_not_made(specbench: Any, tmp_path: Any) -> None:
    for command in ("check", "rebuild"):
        done = specbench("store", command, "--results", "nowhere")
        assert done.returncode == 1
        assert done.stderr == "nowhere: no such folder; name it by --results\n"
    assert not (tmp_path / "nowhere").exists()
