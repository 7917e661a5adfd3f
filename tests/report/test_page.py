"""The page in a real browser: it runs, sorts, filters, fits, and can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.report.build import build

TABLE = "document.querySelector('#view-gains')"
# Texts on one line of sight must not lie on each other: two leaves that overlap by more than a
# hair, neither inside the other, in boxes that are shown.
OVERLAPS = """(() => {
  const kinds = 'main p, main li, h2, h3, th, td, summary, dt, dd, figcaption, svg text, button';
  const leaves = [...document.querySelectorAll(kinds)];
  const boxes = leaves.filter((e) => e.checkVisibility() && e.innerHTML)
    .map((e) => [e, e.getBoundingClientRect()]).filter(([, b]) => b.width && b.height);
  const found = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, p] = boxes[i], [b, q] = boxes[j];
    if (a.contains(b) || b.contains(a)) continue;
    const sticky = [a, b].some((e) => getComputedStyle(e).position === 'sticky');
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (wide > 2 && high > 3 && !sticky) found.push(a.textContent + ' | ' + b.textContent);
  }
  return found;
})()"""
CONTRAST = """(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour, under) => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (c) => [0, 1, 2].map((i) => c[i] / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('script, style, title')) continue;
    let ground = e;
    while (ground && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') {
      ground = ground.parentElement;
    }
    const svg = e.closest('svg');
    const under = getComputedStyle(ground || document.body).backgroundColor;
    const ink = svg ? getComputedStyle(e).fill : getComputedStyle(e).color;
    const [a, b] = [light(rgb(ink, under)), light(rgb(under, '#fff'))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push([e.tagName, e.textContent.slice(0, 30), ratio.toFixed(2)].join(' '));
  }
  return low;
})()"""


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
    assert browser.run(OVERLAPS) == []
    assert browser.run(CONTRAST) == []


def test_the_checks_of_legibility_would_notice(browser: Any, page: Path) -> None:
    browser.open(page)
    browser.run("document.body.style.setProperty('--ink', '#9a9a9a')")
    browser.run("document.querySelector('h2').style.marginBottom = '-3rem'")
    assert browser.run(CONTRAST) != []
    assert browser.run(OVERLAPS) != []


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
