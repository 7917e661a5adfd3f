"""The report as a whole: every kind of study, the same bytes each time, nothing left unescaped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.errors import StoreError
from specbench.report.build import build

STUDIES: dict[str, dict[str, Any]] = {
    "usual": {},
    "failed jobs": {"failed": 2},
    "one seed": {"seeds": 1},
    "two tasks": {"tasks": ("normal", "reshading")},
    "twelve tasks": {
        "tasks": [f"task_{letter}" for letter in "abcdefghijkl"],
        "seeds": 2,
        "curves": False,
    },
    "no scores": {"scores": ()},
    "conditions": {"conditions": ("base", "networks.width=64"), "seeds": 2, "budgets": True},
    "not better than the mean": {"beaten": False, "seeds": 2},
}


@pytest.mark.parametrize("case", STUDIES)
def test_every_kind_of_study_gives_a_page_without_nan(
    case: str, make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    written = build(make_store(**STUDIES[case]), ["small"], tmp_path, {"html"})
    assert written == [tmp_path / "small" / "report.html"]
    page = written[0].read_text(encoding="utf-8")
    shown = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|NaN|None|inf)\b", shown)
    assert len(page.encode()) < 3_000_000


def test_the_same_store_gives_the_same_bytes(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(seeds=2, budgets=True, tasks=("a", "b", "c"), scores=("td", "li"))
    first, second = (build(store, ["small"], tmp_path / name) for name in ("one", "two"))
    assert {path.suffix for path in first} == {".html", ".tex", ".pdf", ".csv", ".parquet"}
    for one, two in zip(first, second, strict=True):
        assert one.relative_to(tmp_path / "one") == two.relative_to(tmp_path / "two")
        assert one.read_bytes() == two.read_bytes(), one.name


def test_nothing_is_fetched_from_elsewhere(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    (page,) = build(make_store(seeds=1), ["small"], tmp_path, {"html"})
    text = page.read_text(encoding="utf-8")
    namespaces = re.sub(r'xmlns(:xlink)?="[^"]*"', "", text)
    assert not re.search(r"https?://|@import|<link|src=\"(?!data:)", namespaces)


def test_names_from_the_store_are_escaped(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    tasks = ("<img src=x onerror=alert(1)>", "a&b_c", "normal")
    store = make_store(tasks=tasks, title="</title><script>alert(2)</script>", seeds=1)
    (page,) = build(store, ["small"], tmp_path, {"html"})
    text = page.read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "<script>alert" not in text
    assert "&lt;img src=x" in text


def test_a_failed_job_is_named_at_the_top(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    (page,) = build(make_store(failed=2), ["small"], tmp_path, {"html"})
    text = page.read_text(encoding="utf-8")
    at = text.index("TrainingError: loss of &lt;normal&gt; is not finite in epoch 2")
    assert at < text.index("The answer")


def test_a_study_cannot_leave_the_folder_of_reports(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(name="../../evil", seeds=1, tasks=("a", "b"))
    (page,) = build(store, ["../../evil"], tmp_path / "reports", {"html"})
    assert page.resolve().is_relative_to(tmp_path / "reports")


def test_unknown_studies_and_formats_are_refused(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(seeds=1, tasks=("a", "b"))
    with pytest.raises(StoreError, match="no study 'other'"):
        build(store, ["other"], tmp_path)
    with pytest.raises(StoreError, match="no format 'word'"):
        build(store, ["small"], tmp_path, {"word"})


def test_a_users_template_stands_in_for_ours(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    own = tmp_path / "own" / "parts"
    own.mkdir(parents=True)
    (own / "answer.html.jinja").write_text("<p>my own {{ headline }}</p>")
    store = make_store(seeds=1, tasks=("a", "b"))
    (page,) = build(store, ["small"], tmp_path, {"html"}, templates=tmp_path / "own")
    assert "<p>my own " in page.read_text(encoding="utf-8")


def test_csv_holds_every_row(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(seeds=2)
    build(store, ["small"], tmp_path, {"csv", "parquet"})
    for view in ("gains", "losses"):
        (rows,) = store.execute(f"SELECT count(*) FROM {view}").fetchone() or (0,)
        lines = (tmp_path / "small" / "data" / f"{view}.csv").read_text().splitlines()
        assert len(lines) == rows + 1
        parquet = tmp_path / "small" / "data" / f"{view}.parquet"
        read = store.execute("SELECT count(*) FROM read_parquet(?)", [str(parquet)]).fetchone()
        assert read == (rows,)


def test_tables_in_the_page_hold_the_rows_of_the_store(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(seeds=1)
    (page,) = build(store, ["small"], tmp_path, {"html"})
    text = page.read_text(encoding="utf-8")
    found = re.findall(r'<script type="application/json">(.*?)</script>', text, flags=re.DOTALL)
    tables = {table["view"]: table for table in map(json.loads, found)}
    at = tables["gains"]["columns"].index("gain")
    stored = store.execute("SELECT gain FROM gains").fetchall()
    assert sorted(tables["gains"]["data"][at]) == pytest.approx(sorted(g for (g,) in stored))
