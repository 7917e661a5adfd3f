"""Published studies run in this process, the shipped ones and others of the same form."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from specbench.names import join
from specbench.spec.load import load
from specbench.store.database import open_published

SPECS = Path(__file__).parents[2] / "specs" / "published"
COLUMNS = ("network", "capacity", "target", "val_loss", "test_loss", "early_val_loss")
Rows = list[dict[str, Any]]
TASKS = ("segment_semantic", "depth_zbuffer", "normal", "beta carotene", "x-ray", "q")


@pytest.fixture
def ask(runner: Any, inline: Any) -> Callable[..., Rows]:
    """Run a study for real and ask its store."""

    def ask(path: Path, sql: str, *overrides: str) -> Rows:
        outcome = runner(load(path, overrides), inline())
        assert outcome.ok, outcome.failures
        with open_published(runner.results) as connection:
            return rows_of(connection.execute(sql))

    return ask


def rows_of(cursor: duckdb.DuckDBPyConnection) -> Rows:
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV."""

    def write(
        rows: Iterable[Sequence[Any]], columns: Sequence[str] = COLUMNS, name: str = "f.csv"
    ) -> Path:
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *rows])
        return path

    return write


def all_networks(tasks: Sequence[str], seed: int = 0) -> list[tuple[Any, ...]]:
    """Return rows of every group at capacity 1 and of single nets at one half, in any order."""
    rng = np.random.default_rng(seed)
    groups = [c for n in range(1, len(tasks) + 1) for c in itertools.combinations(tasks, n)]
    networks = [((task,), 0.5) for task in tasks] + [(group, 1.0) for group in groups]
    rows = []
    for group, capacity in networks:
        name = "+".join(rng.permutation(group))
        for target in group:
            val = rng.uniform(0.1, 0.3)
            test, early = val * rng.uniform(0.95, 1.05), val * rng.uniform(1.3, 1.7)
            rows.append((name, capacity, target, *(f"{x:.4g}" for x in (val, test, early))))
    return rows


@pytest.fixture
def copied(tmp_path: Path) -> Callable[..., Path]:
    """Copy a shipped Standley study with other tasks and another file."""

    def copy(tasks: Sequence[str], file: str) -> Path:
        text = (SPECS / "standley2020_setting1.toml").read_text(encoding="utf-8")
        old = '"segment_semantic", "depth_zbuffer", "normal", "keypoints2d", "edge_texture"'
        assert text.count(old) == 1
        assert text.count('"standley2020/setting1.csv"') == 1
        new = ", ".join(f'"{task}"' for task in tasks)
        path = tmp_path / "another.toml"
        text = text.replace(old, new).replace("standley2020/setting1.csv", file)
        path.write_text(text, encoding="utf-8")
        return path

    return copy


@pytest.fixture
def networks_of() -> Callable[..., list[tuple[Any, ...]]]:
    return all_networks


def canonical(name: str) -> str:
    return join(name.split("+"))
