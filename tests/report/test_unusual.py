"""Studies that are small, large, broken or oddly named: their pages fit, and say what is so."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.report.build import build

ODD = ("task_a%b", "R&D", "<script>alert(1)</script>", "β_depth", r"\input{/etc/passwd}")
TWELVE = (
    "segment_semantic", "depth_zbuffer", "normal", "keypoints2d", "edge_texture", "edge_occlusion",
    "keypoints3d", "reshading", "principal_curvature", "class_scene", "mask_valid", "autoencoding",
)  # fmt: skip
STUDIES: dict[str, dict[str, Any]] = {
    "one seed": {"seeds": 1},
    "two tasks": {"tasks": ("normal", "reshading"), "seeds": 2},
    "twelve tasks": {"tasks": TWELVE, "seeds": 2, "scores": ("td", "li"), "curves": False},
    "no scores": {"scores": (), "seeds": 2},
    "odd names, failed jobs": {"tasks": ODD, "seeds": 2, "failed": 3, "budgets": True},
    "nothing left": {"tasks": ("normal", "reshading"), "seeds": 1, "scores": ("li",), "failed": 1},
}
Make = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, new_study: Make) -> dict[str, Path]:
    made = {}
    for case, settings in STUDIES.items():
        store = new_study(**settings)
        (made[case],) = build(store, ["small"], tmp_path_factory.mktemp("page"), {"html"})
        store.close()
    return made


def words(page: Path) -> str:
    """Return what the page says, without its pictures."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text.replace("<wbr>", ""))).split())


@pytest.mark.parametrize("case", STUDIES)
@pytest.mark.parametrize(("width", "scheme"), [(380, "light"), (1280, "dark")])
def test_it_fits_and_can_be_read(
    browser: Any, pages: dict[str, Path], case: str, width: int, scheme: str
) -> None:
    browser.open(pages[case], width, scheme)
    assert browser.problems == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.overlaps() == []
    assert browser.pale() == []


def test_the_matrix_of_twelve_tasks_needs_no_scrolling_at_a_desk(
    browser: Any, pages: dict[str, Path]
) -> None:
    browser.open(pages["twelve tasks"], 1280)
    frame = "document.querySelector('.matrix').parentElement"
    assert browser.run(f"{frame}.scrollWidth - {frame}.clientWidth") <= 1


def test_long_names_leave_room_on_a_phone(browser: Any, make_store: Make, tmp_path: Path) -> None:
    tasks = ("a" * 60, "normal", "reshading")
    (page,) = build(make_store(tasks=tasks, seeds=1), ["small"], tmp_path, {"html"})
    browser.open(page, 380)
    heads = "[...document.querySelectorAll('.matrix th[scope=row]')]"
    assert browser.run(f"Math.max(...{heads}.map((e) => e.offsetWidth))") <= 190
    assert browser.overlaps() == []


def test_no_name_becomes_an_element(pages: dict[str, Path], browser: Any) -> None:
    browser.open(pages["odd names, failed jobs"])
    scripts = "[...document.scripts].filter((s) => s.text.startsWith('alert')).length"
    assert browser.run(scripts) == 0
    assert all(name in words(pages["odd names, failed jobs"]) for name in ODD)


def test_a_study_that_has_nothing_yet_has_a_page(make_store: Make, tmp_path: Path) -> None:
    store = make_store(failed=1, seeds=1, tasks=("normal", "reshading"))
    for view in ("networks", "losses", "curves", "constants", "gains", "scores", "agreement"):
        store.execute(f"DELETE FROM {view}")
    store.execute("DELETE FROM jobs WHERE state = 'done'")
    (page,) = build(store, ["small"], tmp_path, {"html"})
    assert "There is no gain to report yet." in words(page)


def test_a_failed_job_is_named_in_words(pages: dict[str, Path]) -> None:
    said = words(pages["odd names, failed jobs"])
    assert "3 of 39 jobs have no result: 3 failed" in said
    assert "failed train R&D+task_a%b at 1, seed 0, base f00000000000 : TrainingError" in said


def test_a_store_without_titles_names_jobs_by_kind(make_store: Make, tmp_path: Path) -> None:
    store = make_store(failed=1, seeds=1)
    store.execute("ALTER TABLE jobs DROP COLUMN title")
    (page,) = build(store, ["small"], tmp_path, {"html"})
    assert "failed network f00000000000" in words(page)


def test_one_seed_is_not_called_a_mean(pages: dict[str, Path]) -> None:
    said = words(pages["one seed"])
    assert not re.search(r"[Mm]eans? over seeds|lowest to the highest seed", said)
    assert "Pearson, other seeds" not in said
    assert "of ceiling" not in said
    assert "single runs have no noise ceiling" in said


def test_without_estimates_there_is_a_sentence_and_no_table_of_dashes(
    pages: dict[str, Path],
) -> None:
    said = words(pages["two tasks"])
    assert "No correlation of a score with the gain can be given: fewer than three" in said
    assert "No agreement can be estimated from 2 ordered pairs" in said
    assert "target by target" not in said
    assert "There is no gain to hold the scores against" in words(pages["nothing left"])


def test_without_scores_nothing_is_said_of_scores(pages: dict[str, Path]) -> None:
    said = words(pages["no scores"])
    assert "How well the scores predict" not in said
    assert "p value" not in said
    assert "no gain to report" not in said
