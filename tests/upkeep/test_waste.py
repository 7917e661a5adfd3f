"""gc removes what nothing needs, and nothing that any recorded study needs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import ResultError
from specbench.results import Results
from specbench.upkeep.check import check
from specbench.upkeep.waste import find_waste, remove, size_of


@pytest.fixture
def two(made_up: Any, runner: Any, rooms_text: str) -> Results:
    """Two studies that share most of their jobs."""
    other = rooms_text.replace("[0, 1]", "[1, 2]")
    shutil.copytree(made_up(one=rooms_text, two=other).root, runner.results.root)
    results: Results = runner.results
    return results


def test_what_recorded_studies_need_is_never_touched(two: Results) -> None:
    assert find_waste(two) == []


def test_what_only_an_edited_or_dropped_study_needed_is_found(
    two: Results, study: Any, runner: Any, rooms_text: str
) -> None:
    before = two.done()
    assert runner(study(rooms_text.replace("[0, 1]", "[1]"), name="one.toml")).ran == 0
    gone = {item.path.name for item in find_waste(two)}
    assert gone
    remove(two, find_waste(two))
    assert two.done() == before - gone
    for name, seeds in (("one", "[1]"), ("two", "[1, 2]")):
        text = rooms_text.replace("[0, 1]", seeds)
        assert runner(study(text, name=f"{name}.toml")).ran == 0, "all that is needed is there"
    assert check(two, lambda read, of: None).ok
    shutil.rmtree(two.study("two"))
    remove(two, find_waste(two))
    assert runner(study(rooms_text.replace("[0, 1]", "[1]"), name="one.toml")).ran == 0


def test_leftovers_are_found_and_foreign_files_are_not(two: Results) -> None:
    needed, other = sorted(two.done())[0], "f" * 20
    for path in (
        two.log(other),
        two.work(other) / "checkpoint.pt",
        two.root / ".damaged" / f"{other}-1" / "result.json",
        two.root / ".making" / "half" / "result.json",
        two.root / ".store" / "private.duckdb",
        two.study("one") / ".plan.json.12345678.unfinished",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    for path in (two.log(needed), two.root / "notes.txt", two.root / "logs" / "my.log"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    (two.work(needed)).mkdir(parents=True)
    found = find_waste(two)
    assert [item.size for item in found] == [5] * 6
    assert sorted(item.what for item in found) == [
        "checkpoint", "damaged result", "left by a killed process", "left by a killed process",
        "left by a killed process", "log",
    ]  # fmt: skip
    remove(two, found)
    assert find_waste(two) == []
    assert (two.root / "notes.txt").exists()
    assert two.log(needed).exists()


@pytest.mark.parametrize("text", [None, "", "{}", '{"jobs": 5}'])
def test_nothing_is_called_waste_where_a_study_cannot_say_what_it_needs(
    two: Results, text: str | None
) -> None:
    plan = two.study("one") / "plan.json"
    plan.unlink() if text is None else plan.write_text(text)
    with pytest.raises(ResultError, match="no record of the study's plan that can be read; run"):
        find_waste(two)


def test_a_study_that_is_still_packing_keeps_its_packs(
    study: Any, runner: Any, fake: Any, arrays_text: str, arrays: Any
) -> None:
    executor = fake(fails=lambda ticket: ticket.content.get("domain") == "normal")
    runner(study(arrays_text), executor)
    assert runner.results.done()
    assert find_waste(runner.results) == []
    assert runner(study(arrays_text), retry_failed=True).ok
    again = fake(fails=lambda ticket: ticket.content.get("domain") == "normal")
    runner(study(arrays_text.replace("image_size = 16", "image_size = 32")), again)
    assert find_waste(runner.results) == [], "neither of its old plan nor of the one to come"


def test_links_are_removed_and_not_followed(two: Results, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_bytes(b"12345")
    link = two.folder("e" * 20)
    link.symlink_to(tmp_path / "mine")
    assert size_of(link) == 0
    remove(two, find_waste(two))
    assert not link.is_symlink()
    assert (tmp_path / "mine" / "file").exists()


def test_the_command_asks_first(two: Results, specbench: Any) -> None:
    assert specbench("gc").stdout == "nothing to remove\n"
    shutil.rmtree(two.study("two"))
    before = two.done()
    for answer in ("n\n", ""):
        done = specbench("gc", input=answer)
        assert done.returncode == 0
        assert "nothing removed" in done.stdout
        assert two.done() == before
    found = specbench("gc", "--yes").stdout.splitlines()
    assert all("results/" in line and line.endswith("(result)") for line in found[:-1])
    assert found[-1].startswith(f"removed {len(found) - 1} items, ")
    assert len(before - two.done()) == len(found) - 1


def test_a_removal_that_is_cut_short_leaves_no_half_of_a_result(
    two: Results, monkeypatch: Any
) -> None:
    shutil.rmtree(two.study("two"))
    gone = {item.path.name for item in find_waste(two)}

    def killed(path: Path, *args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("specbench.upkeep.waste.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove(two, find_waste(two))
    assert not gone & set(two.keys())
    two.tidy()
    assert find_waste(two) == []
