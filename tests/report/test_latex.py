"""LaTeX that compiles, whatever the tasks are called."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.report.build import build

ODD = ("task_a%b", "R&D", "<script>alert(1)</script>", "β_depth", r"\input{/etc/passwd}")
AWKWARD = ("a_b%c&d", "αβ_Ω{x}", "#$^~\\z", "a_rather_long_name_of_a_task_that_goes_on")
STUDIES: dict[str, dict[str, Any]] = {
    "awkward names": {"tasks": AWKWARD, "seeds": 2, "title": "Names_with % & Ω", "budgets": True},
    "names that are code": {"tasks": ODD, "seeds": 2, "failed": 1, "budgets": True},
    "one seed, failed jobs": {"seeds": 1, "failed": 2, "conditions": ("base", "a=1,b_c=2")},
    "two tasks, no scores": {"tasks": ("normal", "reshading"), "scores": ()},
    "twelve tasks": {"tasks": [f"task_number_{n}" for n in range(12)], "seeds": 1,
                     "curves": False, "scores": ("td", "h_score", "task2vec")},
}  # fmt: skip


@pytest.mark.parametrize("case", STUDIES)
def test_the_paper_compiles_without_overfull_boxes(
    case: str, make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    if shutil.which("pdflatex") is None or not _has("siunitx.sty"):
        pytest.skip("needs pdflatex with siunitx and booktabs")
    build(make_store(**STUDIES[case]), ["small"], tmp_path, {"latex"})
    ran = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=tmp_path / "small",
        capture_output=True,
        timeout=120,
        check=False,
    )
    log = ran.stdout.decode("utf-8", "replace")
    assert ran.returncode == 0, log[-2000:]
    wide = [float(size) for size in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(wide, default=0.0) <= 5.0
    assert "Missing character" not in log
    assert "(/etc/passwd" not in log
    assert "LaTeX Warning: Float too large" not in log


def test_headline_numbers_are_commands(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    build(make_store(seeds=2), ["small"], tmp_path, {"latex"})
    text = (tmp_path / "small" / "numbers.tex").read_text(encoding="utf-8")
    assert r"\newcommand{\specTasks}{5}" in text
    assert r"\newcommand{\specBestScore}{LI}" in text


def _has(package: str) -> bool:
    found = subprocess.run(["kpsewhich", package], capture_output=True, check=False)
    return found.returncode == 0
