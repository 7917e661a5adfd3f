"""The report says what a repetition can count on, here and on another machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from specbench.report.build import build


def said(store: duckdb.DuckDBPyConnection, out: Path) -> dict[str, str]:
    """Build a page; return what it promises, by where it holds."""
    (page,) = build(store, ["small"], out, {"html"})
    text = page.read_text(encoding="utf-8")
    section = text.partition("<h3>If it is repeated</h3>")[2].partition("<h3>")[0]
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", section))


@pytest.mark.parametrize(
    ("device", "here"),
    [("cpu", "every job gives the same result to the bit, with any number of workers and in any"),
     ("NVIDIA H200", "not to the bit: a GPU takes sums in another order each time")],
)  # fmt: skip
def test_trained_networks(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path, device: str, here: str
) -> None:
    store = make_store(seeds=1, tasks=("a", "b"))
    key = "(SELECT min(key) FROM jobs)"
    store.execute(f"UPDATE jobs SET device = ? WHERE key = {key}", [device])
    promised = said(store, tmp_path)
    assert promised["same spec, versions and kind of processor"].startswith(here)
    assert "specbench verify" in promised["same spec, versions and kind of processor"]
    assert "digits are not promised" in promised["other machines or versions"]


def test_published_figures(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(seeds=1, tasks=("a", "b"))
    store.execute("UPDATE jobs SET kind = 'figures'")
    assert said(store, tmp_path) == {
        "anywhere": "nothing was trained: the same files give the same analysis"
    }
