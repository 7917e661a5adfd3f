"""Studies side by side: what they share is found, said and written, and nothing else."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner

from specbench.cli import group
from specbench.report.build import build
from specbench.report.comparison.facts import read_facts
from specbench.report.comparison.studies import Comparison, compare
from specbench.report.comparison.words import headline, sentences
from specbench.report.comparison.write import comparison_folder, write_comparison
from specbench.report.findings import find
from specbench.store.database import create

Make = Callable[..., duckdb.DuckDBPyConnection]
ONE: dict[str, Any] = {"name": "one", "seeds": 2}
TWO: dict[str, Any] = {
    "name": "two",
    "seeds": 1,
    "tasks": ("normal", "depth_zbuffer", "keypoints2d", "reshading"),
    "scores": ("rsa", "li", "gs"),
    "random": np.random.default_rng(8),
}
ODD = ("task_a%b", "R&D", "<script>alert(1)</script>", "β_depth", r"\input{/etc/passwd}")


def beside(store: duckdb.DuckDBPyConnection, *names: str) -> Comparison:
    return compare(store, [find(store, name) for name in names])


def said(store: duckdb.DuckDBPyConnection, *names: str) -> str:
    found = beside(store, *names)
    return " ".join([headline(found), *sentences(found)])


def write(
    store: duckdb.DuckDBPyConnection,
    out: Path,
    *formats: str,
    names: tuple[str, ...] = ("one", "two"),
) -> list[Path]:
    return write_comparison(store, [find(store, name) for name in names], out, formats)


def lead(store: duckdb.DuckDBPyConnection, study: str, score: str, p: float) -> None:
    """Make ``score`` the best of a study's scores, with a corrected p value."""
    store.execute(
        "UPDATE agreement SET value = CASE score WHEN ? THEN 0.9 ELSE 0.1 END, p_corrected = ?, "
        "low = NULL, high = NULL WHERE study = ? AND target IS NULL",
        [score, p, study],
    )


def test_tasks_pairs_and_scores_match_by_name(make_studies: Make) -> None:
    found = beside(make_studies(ONE, TWO), "one", "two")
    assert found.tasks == ("depth_zbuffer", "normal", "keypoints2d")
    assert len(found.pairs) == 6
    assert found.scores == ("rsa", "li")
    assert found.every_score == ("rsa", "li", "td", "ias", "gs")


def test_a_score_matches_whatever_the_case_of_its_id(make_studies: Make) -> None:
    store = make_studies(ONE, TWO)
    for view in ("scores", "agreement"):
        store.execute(f"UPDATE {view} SET score = upper(score) WHERE study = 'two'")
    found = beside(store, "one", "two")
    assert found.scores == ("rsa", "li")
    assert found.value(1, "li") is not None
    assert found.title("li") == "LI"


def test_a_published_score_keeps_its_printed_label(make_studies: Make) -> None:
    store = make_studies(ONE | {"scores": ("mine",)}, TWO | {"scores": ("mine",)})
    store.execute("CREATE TABLE score_labels (study TEXT, score TEXT, label TEXT)")
    store.execute("INSERT INTO score_labels VALUES ('two', 'mine', 'M+ine')")
    assert beside(store, "one", "two").title("mine") == "M+ine"


def test_correlations_are_over_shared_pairs(make_studies: Make) -> None:
    store = make_studies(ONE, TWO)
    rows = store.execute(
        "SELECT avg(a.gain), any_value(b.gain) FROM gains a JOIN gains b "
        "USING (target, partner, quantity, baseline, denominator, split) "
        "WHERE a.study = 'one' AND b.study = 'two' AND denominator = 'joint' "
        "GROUP BY target, partner"
    ).fetchall()
    r, pairs = beside(store, "one", "two").gains_agree(0, 1)
    assert pairs == 6
    assert r == pytest.approx(np.corrcoef(np.array(rows).T)[0, 1])
    values = store.execute(
        "SELECT avg(a.value), any_value(b.value) FROM scores a JOIN scores b "
        "USING (score, target, partner) WHERE a.study = 'one' AND b.study = 'two' "
        "AND score = 'li' GROUP BY target, partner"
    ).fetchall()
    r, _ = beside(store, "one", "two").values_agree("li", 0, 1)
    assert r == pytest.approx(np.corrcoef(np.array(values).T)[0, 1])


def test_the_same_leader_is_said_with_what_chance_says(make_studies: Make) -> None:
    store = make_studies(ONE, TWO)
    lead(store, "one", "li", 0.01)
    lead(store, "two", "li", 0.01)
    assert said(store, "one", "two").startswith(
        "LI leads in both studies, and better than chance in each."
    )
    lead(store, "two", "li", 0.3)
    assert "LI leads in both studies, better than chance only in one." in said(store, "one", "two")
    lead(store, "one", "li", 0.3)
    assert "but in neither can it be told from chance." in said(store, "one", "two")


def test_different_leaders_are_named(make_studies: Make) -> None:
    store = make_studies(ONE, TWO)
    lead(store, "one", "rsa", 0.5)
    lead(store, "two", "li", 0.5)
    text = said(store, "one", "two")
    assert text.startswith("Different scores lead: RSA in one and LI in two, but in neither")
    assert "RSA reaches 0.90, corrected p = 0.50 in one and 0.10" in text.replace("\u00a0", " ")


def test_a_leader_below_zero_predicts_nothing(make_studies: Make) -> None:
    store = make_studies(ONE, TWO)
    store.execute("UPDATE agreement SET value = -0.2 WHERE study = 'two'")
    assert headline(beside(store, "one", "two")) == (
        "No score that both studies have predicts the gain in two."
    )


def test_judging_on_shared_runs_is_said(make_studies: Make) -> None:
    text = said(make_studies(ONE, TWO), "one", "two")
    assert "In two, scores are judged on runs they share with the gain" in text
    assert "in one they are judged on other seeds" in text
    assert "only one has TD and IAS; only two has GS" in text


def test_other_definitions_are_said(make_studies: Make) -> None:
    store = make_studies(ONE, TWO)
    assert "not defined alike" not in said(store, "one", "two")
    store.execute("DELETE FROM gains WHERE study = 'two' AND denominator = 'joint'")
    assert "The gains are not defined alike: denominator (joint in one and single in two)." in said(
        store, "one", "two"
    )


def test_three_studies(make_studies: Make) -> None:
    store = make_studies(ONE, TWO, TWO | {"name": "three"})
    text = said(store, "one", "two", "three")
    assert "all 3 studies" in text
    assert "Between two studies the gains of shared pairs correlate by" in text


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"tasks": ("a", "b"), "scores": ()}, {}, "nothing in common: no task and no score."),
        ({"tasks": ("a", "b", "c", "d")}, {}, "No task has the same name in both studies"),
        ({"scores": ()}, {}, "Over 6 ordered pairs the gains of the two correlate by"),
        ({"scores": ("td",)}, {}, "No score is in both studies"),
        ({"tasks": ("normal", "reshading")}, {}, "2 shared pairs: too few to correlate the gains"),
    ],
)
def test_studies_with_little_in_common_still_have_a_page(
    make_studies: Make, tmp_path: Path, first: Any, second: Any, expected: str
) -> None:
    store = make_studies(ONE | first, TWO | second)
    assert expected in said(store, "one", "two")
    page = write(store, tmp_path, "html", "latex", "csv")[0]
    assert page == tmp_path / "one-vs-two" / "report.html"
    shown = re.sub(r"<(script|style).*?</\1>", "", page.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"\b(nan|NaN|None|inf)\b", shown)


def test_settings_are_listed_where_studies_differ(make_studies: Make) -> None:
    store = make_studies(ONE, TWO)
    store.execute(
        "UPDATE studies SET spec_resolved = replace(spec_resolved, '\"epochs\": 6', "
        "'\"epochs\": 9') WHERE study = 'two'"
    )
    facts = {fact.name: fact for fact in read_facts(store, beside(store, "one", "two"))}
    assert facts["training.epochs"].values == ("6", "9")
    assert "training.precision" not in facts
    assert facts["seeds"].differs
    assert not facts["gain: split"].differs


def test_a_comparison_is_written_only_where_asked_for(make_studies: Make, tmp_path: Path) -> None:
    store = make_studies(ONE, TWO)
    build(store, ["one", "two"], tmp_path, {"html"})
    build(store, ["one", "one"], tmp_path, {"html"}, compare=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_the_same_store_gives_the_same_bytes(make_studies: Make, tmp_path: Path) -> None:
    store = make_studies(ONE | {"budgets": True}, TWO | {"budgets": True})
    first, second = (write(store, tmp_path / run, "html", "latex", "csv") for run in "ab")
    assert {path.suffix for path in first} == {".html", ".tex", ".pdf", ".csv"}
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_the_reports_of_the_studies_are_linked(make_studies: Make, tmp_path: Path) -> None:
    store = make_studies(ONE | {"name": "a/b & <c>"}, TWO)
    build(store, ["a/b & <c>", "two"], tmp_path, {"html"}, compare=True)
    (page,) = tmp_path.glob("*-vs-*/report.html")
    links = re.findall(r'href="(\.\./[^"]*)"', page.read_text(encoding="utf-8"))
    assert len(links) == 2
    assert all((page.parent / link).is_file() for link in links)


def test_a_comparison_stays_in_its_own_folder(make_studies: Make, tmp_path: Path) -> None:
    store = make_studies(ONE | {"name": "../../evil"}, TWO, TWO | {"name": "one-vs-two"}, ONE)
    out = tmp_path / "reports"
    written = build(store, ["../../evil", "two"], out, {"html", "csv"}, compare=True)
    assert all(path.resolve().is_relative_to(out) for path in written)
    write(store, out, "html")
    assert (out / "one-vs-two-compared" / "report.html").is_file()
    assert not (out / "one-vs-two").exists()
    assert len(comparison_folder(["x" * 200, *"abc"])) < 200


def test_csv_holds_the_gains_of_shared_pairs(make_studies: Make, tmp_path: Path) -> None:
    store = make_studies(ONE, TWO)
    write(store, tmp_path, "csv")
    folder = tmp_path / "one-vs-two" / "data"
    with (folder / "gains.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = beside(store, "one", "two")
    assert [(row["target"], row["partner"]) for row in rows] == list(found.pairs)
    assert [float(row["two gain"]) for row in rows] == [found.gains(1)[p] for p in found.pairs]
    assert {row["two sd"] for row in rows} == {""}
    names = {path.stem for path in folder.iterdir()}
    assert names == {"facts", "agreement", "correlations", "gains", "scores", "choices"}


def test_latex_of_odd_names_compiles(make_studies: Make, tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex")
    one = {"name": "a_b & c", "tasks": ODD, "seeds": 2}
    two = {"name": "β_study%", "tasks": ODD[1:], "seeds": 1, "scores": ("li", "gs")}
    store = make_studies(one, two)
    paper = write(store, tmp_path, "latex", names=("a_b & c", "β_study%"))[0]
    ran = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=paper.parent,
        capture_output=True,
        timeout=120,
        check=False,
    )
    log = ran.stdout.decode("utf-8", "replace")
    assert ran.returncode == 0, log[-2000:]
    wide = [float(size) for size in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(wide, default=0.0) <= 5.0
    assert "Missing character" not in log


@pytest.mark.parametrize(("width", "scheme"), [(380, "light"), (1280, "dark")])
def test_the_page_fits_and_can_be_read(
    browser: Any, make_studies: Make, tmp_path: Path, width: int, scheme: str
) -> None:
    store = make_studies(
        ONE | {"tasks": ODD, "budgets": True}, TWO | {"tasks": ODD[1:], "budgets": True}
    )
    (page,) = write(store, tmp_path, "html")
    browser.open(page, width, scheme)
    assert browser.problems == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.overlaps() == []
    assert browser.pale() == []
    browser.run("document.querySelector('#view-gains').open = true")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    assert browser.run("document.querySelectorAll('#view-gains tbody tr').length") == 12
    assert browser.run("[...document.scripts].every((s) => !s.text.startsWith('alert'))")


def test_the_command_compares_studies_that_are_named(tmp_path: Path) -> None:
    connection = create(tmp_path / "specbench.duckdb")
    for study in ("one", "two"):
        connection.execute("INSERT INTO study (study) VALUES (?)", [study])
    connection.close()
    command = ["report", "--results", str(tmp_path), "--out", str(tmp_path / "out")]
    every = CliRunner().invoke(group, [*command, "--formats", "html"])
    assert every.exit_code == 0, every.output
    assert "-vs-" not in every.output
    both = CliRunner().invoke(group, [*command, "--formats", "html", "one", "two"])
    assert both.exit_code == 0, both.output
    assert str(tmp_path / "out" / "one-vs-two" / "report.html") in both.output
