"""A store with a million loss rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from specbench.report.build import build

ROWS = """
CREATE TEMP TABLE tasks AS SELECT printf('task_%02d', i) AS task, i FROM range(40) r(i);
CREATE TEMP TABLE runs AS
SELECT CASE a WHEN 0 THEN 'base' ELSE 'data.train_images=' || a END AS condition, s AS seed
FROM range(20) x(a), range(10) y(s);
CREATE TEMP TABLE nets AS
SELECT a.task || '+' || b.task AS network, 1.0 AS capacity, c.task AS target
FROM tasks a JOIN tasks b ON a.i < b.i JOIN tasks c ON c.i IN (a.i, b.i)
UNION ALL SELECT task, capacity, task FROM tasks, (VALUES (0.5), (1.0)) v(capacity);
INSERT INTO studies VALUES ('huge', '', '{}', '{}', '{}', NULL);
INSERT INTO losses
SELECT 'huge', condition, seed, network, capacity, '', target, split,
    0.1 + (hash(network, target, seed, condition) % 1000) / 1e4
FROM nets, runs, (VALUES ('train'), ('val'), ('test')) v(split);
INSERT INTO constants SELECT DISTINCT 'huge', condition, task, 'test', 0.5 FROM tasks, runs;
INSERT INTO gains
SELECT 'huge', condition, seed, a.task, b.task, 'loss', 'half', 'joint', 'test',
    (hash(a.task, b.task, seed) % 1000) / 1e4 - 0.05
FROM tasks a, tasks b, runs WHERE a.task <> b.task;
"""


def test_a_million_losses_are_rendered_in_a_page_of_bounded_size(
    new_study: Callable[..., Any], tmp_path: Path
) -> None:
    store: duckdb.DuckDBPyConnection = new_study(tasks=("a", "b"), seeds=1)
    for statement in filter(str.strip, ROWS.split(";")):
        store.execute(statement)
    (losses,) = store.execute("SELECT count(*) FROM losses WHERE study = 'huge'").fetchone() or (0,)
    assert losses >= 980_000
    (page,) = build(store, ["huge"], tmp_path, {"html"})
    assert page.stat().st_size < 3_000_000
    assert "This page holds the first" in page.read_text(encoding="utf-8")
    store.close()
