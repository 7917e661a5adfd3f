"""Odd names and paths work; names that try to lead elsewhere write nothing outside the output."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from faults.conftest import RUN, STUDY, Place

from specbench.errors import SpecError
from specbench.report.build import build
from specbench.spec.load import load
from specbench.store.database import open_published

ODD = ["with space", "ünïcödé 名前 🙂", "it's", 'a "quoted" one', "semi;colon", "-rf", "new\nline"]


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every path below a folder with its time of change and size; links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        found[str(path)] = (stat.st_mtime_ns if not path.is_dir() else 0, stat.st_size)
    return found


@pytest.mark.parametrize("name", [*ODD, "long" * 60])
def test_folders_of_any_name_work(done: Any, tmp_path: Path, name: str) -> None:
    odd = tmp_path / "under" / name
    odd.mkdir(parents=True)
    for what in ("results", "tiny.toml"):
        shutil.move(done.folder / what, odd / what)
    place = Place(odd, done.start)
    store = place.results.store
    store.unlink()
    assert place.run("store", "rebuild") == 0, place.output()
    assert place.run("store", "check") == 0, place.output()
    assert place.run(*RUN) == 0, place.output()
    assert place.run("gc") == 0, place.output()
    assert place.run("sql", "SELECT 1") == 0, place.output()
    assert store.exists()


TASKS = ["..", ".", "a\\..\\b"]
CASES = ["...", "<script>"]


def test_hostile_names_stay_inside_results_and_reports(
    study: Any, runner: Any, inline: Any, arrays_text: str, arrays: Path, tmp_path: Path
) -> None:
    text = arrays_text.replace("[tasks.depth_zbuffer]\n[tasks.edge_texture]\n[tasks.normal]\n", "")
    text = text.replace("[scores.ias]\n[scores.rsa]\n", "").replace("[0, 1]", "[0]")
    few = "[networks]\ngroups = ['singles']\nsingle_capacities = [0.5]\n"
    text = text.replace("[networks]\n", few).replace("epochs = 2", "epochs = 1")
    for name in TASKS:
        text += f"[tasks.{quoted(name)}]\ndomain = 'normal'\n"
    for name in CASES:
        text += f"[conditions.cases.{quoted(name)}]\n'training.batch_size' = 3\n"
    chosen = study(text)
    before = tree(tmp_path)
    assert runner(chosen, inline()).ok
    with open_published(runner.results) as store:
        build(store, ["tiny"], tmp_path / "reports", {"html", "latex"}, None, runner.results.root)
    now = tree(tmp_path)
    assert {path: now[path] for path in before} == before
    kept = (str(tmp_path / "results"), str(tmp_path / "reports"))
    assert [path for path in now if path not in before and not path.startswith(kept)] == []


def quoted(name: str) -> str:
    """Return a name as a quoted key of TOML."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "..", ".hidden", "a/b", "a\\u0000b", "x/../../y", "é" * 200]
)
def test_a_study_whose_name_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(STUDY.replace("[study]\n", f'[study]\nname = "{name}"\n'), encoding="utf-8")
    with pytest.raises(SpecError, match=r"study\.name"):
        load(path)


@pytest.mark.parametrize(
    "name",
    [".making", ".store", ".work", ".damaged", "logs", "studies", "studies/tiny", ".lock",
     "studies/tiny/journal.jsonl", "logs/{key}.log", ".work/{key}", "{key}"],
)  # fmt: skip
def test_links_planted_in_a_results_folder_are_not_written_through(
    place: Any, undisturbed: Any, tmp_path: Path, name: str
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    key = sorted(undisturbed.results.done())[0]
    link = place.results.root / name.format(key=key)
    link.parent.mkdir(parents=True)
    link.symlink_to(precious / "file" if link.suffix or link.name == ".lock" else precious)
    before = tree(precious)
    commands = [RUN, ("store", "rebuild"), ("store", "check", "--discard"), ("gc", "--yes")]
    for command in commands:
        code, said = place.run(*command), place.output()
        if name != "{key}":  # that one is moved away, link and all
            assert code == 1
            assert f"{link}: a symbolic link, and nothing is written through links; put" in said
        assert tree(precious) == before
    assert name == "{key}" or link.is_symlink()


def test_links_planted_in_a_report_are_not_written_through(done: Any, tmp_path: Path) -> None:
    for name in ("reports/tiny", "reports/tiny/data", "reports/tiny/report.html"):
        precious = tmp_path / "precious"
        precious.mkdir()
        (precious / "file").write_text("mine")
        link = done.folder / name
        link.parent.mkdir(parents=True)
        link.symlink_to(precious / "file" if link.suffix else precious)
        before = tree(precious)
        assert done.run("report", "tiny.toml", "--formats", "html,csv") == 1
        assert "reports/tiny" in (said := done.output())
        assert "a symbolic link, and nothing is written through links" in said
        assert tree(precious) == before
        shutil.rmtree(precious)
        shutil.rmtree(done.folder / "reports")
