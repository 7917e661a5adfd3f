"""The page in a real browser: it runs, sorts, filters, fits, and can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.report.build import build

TABLE = "document.querySelector('#view-gains')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, new_study: Callable[..., Any]) -> Iterator[Path]:
    store: duckdb.DuckDBPyConnection = new_study(
        conditions=("base", "networks.width=64"), seeds=2, budgets=True, failed=1
    )
    yield build(store, ["small"], tmp_path_factory.mktemp("page"), {"html"})[0]
    store.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1280, 1920])
def test_it_fits_and_can_be_read(browser: Any, page: Path, width: int, scheme: str) -> None:
    browser.open(page, width, scheme)
    assert browser.problems == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.overlaps() == []
    assert browser.pale() == []


def test_the_checks_of_legibility_would_notice(browser: Any, page: Path) -> None:
    browser.open(page)
    browser.run("document.body.style.setProperty('--ink', '#9a9a9a')")
    browser.run("document.querySelector('h2').style.marginBottom = '-3rem'")
    assert browser.pale() != []
    assert browser.overlaps() != []


def test_dark_is_dark(browser: Any, page: Path) -> None:
    shade = "getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] * 1"
    browser.open(page, scheme="light")
    assert browser.run(shade) > 200
    browser.open(page, scheme="dark")
    assert browser.run(shade) < 60


def test_tables_sort(browser: Any, page: Path) -> None:
    browser.open(page)
    browser.run(f"{TABLE}.open = true")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    values = f"""(() => {{
      const names = [...{TABLE}.querySelectorAll('thead button')].map((b) => b.textContent);
      const at = names.indexOf('gain');
      return [...{TABLE}.querySelectorAll('tbody tr')].map((r) =>
        Number(r.cells[at].textContent.replace('\u2212', '-')));
    }})()"""
    heads = f"[...{TABLE}.querySelectorAll('thead button')]"
    press = f"{heads}.find((b) => b.textContent === 'gain').click()"
    browser.run(press)
    rising = browser.run(values)
    assert len(rising) == 100
    assert rising == sorted(rising)
    browser.run(press)
    falling = browser.run(values)
    assert falling == sorted(falling, reverse=True)
    assert browser.run(f"{TABLE}.querySelectorAll('[aria-sort=descending]').length") == 1


def test_tables_filter_and_show_more(browser: Any, page: Path) -> None:
    browser.open(page)
    browser.run(f"{TABLE}.open = true")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    rows = f"{TABLE}.querySelectorAll('tbody tr').length"
    count = f"{TABLE}.querySelector('.count').textContent"
    assert browser.run(rows) == 100
    browser.run(f"{TABLE}.querySelector('.further').click()")
    assert browser.run(rows) == 144
    assert browser.run(count) == "144 rows"
    browser.run(
        f"(() => {{ const i = {TABLE}.querySelector('input'); i.value = 'normal WIDTH joint';"
        " i.dispatchEvent(new Event('input')); })()"
    )
    assert browser.run(count) == "16 of 144 rows"
    assert browser.run(rows) == 16


def test_a_table_can_be_saved(browser: Any, page: Path) -> None:
    browser.open(page)
    browser.run(f"{TABLE}.open = true")
    browser.run("new Promise((done) => setTimeout(done, 50))")
    text = browser.run(
        "new Promise((done) => { URL.createObjectURL = (blob) => { blob.text().then(done);"
        f" return '#'; }}; {TABLE}.querySelector('.download').click(); }})"
    )
    lines = text.splitlines()
    assert len(lines) == 145
    assert lines[0] == "condition,seed,target,partner,quantity,baseline,denominator,split,gain"
    assert browser.problems == []


def test_everything_is_reached_by_keyboard(browser: Any, page: Path) -> None:
    browser.open(page)
    reached = browser.run(
        "[...document.querySelectorAll('.scroll, summary, a[href], button, input')]"
        ".every((e) => e.tabIndex >= 0)"
    )
    assert reached
