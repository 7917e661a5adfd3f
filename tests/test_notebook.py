"""``specbench.open``: the views as pandas frames, read-only, with errors that say what to do."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import specbench
from specbench.errors import StoreError
from specbench.notebook import MEANING, Store
from specbench.store.database import create

VIEWS = Path(__file__).parents[1] / "docs" / "views.md"
GAIN = "'loss', 'half', 'joint', 'test'"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A results folder whose store holds the gains of two studies and some agreement."""
    connection = create(tmp_path / "specbench.duckdb")
    for study in ("one", "two"):
        connection.execute("INSERT INTO study (study) VALUES (?)", [study])
        connection.execute("INSERT INTO member_figures VALUES (?, ?, 'base')", [study, study])
        for seed, network, gain in ((0, "a+b", 0.1), (1, "a+b", 0.3), (0, "a+c", -0.2)):
            row = f"'{study}', {seed}, 'a', '{network}', {GAIN}, {gain}"
            columns = "key, seed, target, network, quantity, baseline, denominator, split, gain"
            connection.execute(f"INSERT INTO figure_gain ({columns}) VALUES ({row})")
    for target in (None, "a"):
        connection.execute(
            "INSERT INTO agreement_row (study, score, target, value) VALUES ('one', 'td', ?, 0.5)",
            [target],
        )
    connection.close()
    return tmp_path


@pytest.fixture
def store(results: Path) -> Iterator[Store]:
    with specbench.open(results) as opened:
        yield opened


def test_every_documented_view_is_a_method_with_its_columns(store: Store) -> None:
    documented = set(
        re.findall(r"^##+ ([a-z_]+)$", VIEWS.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert set(MEANING) == documented <= set(dir(store))
    for view in documented:
        method = getattr(store, view)
        frame = method()
        assert isinstance(frame, pd.DataFrame)
        assert list(frame) == list(inspect.signature(method).parameters)
        assert MEANING[view] in method.__doc__
        assert all(f"    {column}: " in method.__doc__ for column in frame)


def test_filters_hold_columns_equal(store: Store) -> None:
    assert len(store.gains()) == 6
    mine = store.gains(study="one", target="a", partner="b")
    assert mine["gain"].tolist() == [0.1, 0.3]
    assert mine["seed"].tolist() == [0, 1]
    assert store.gains(study="one", seed=np.int64(1))["gain"].tolist() == [0.3]
    assert len(store.gains(partner=pd.Series(["b", "c"]), seed=0)) == 4
    assert store.gains(partner=[]).empty
    assert store.gains(partner="z").empty


def test_none_asks_for_null(store: Store) -> None:
    assert len(store.agreement()) == 2
    assert store.agreement(target=None)["target"].isna().all()
    assert len(store.agreement(target=[None, "a"])) == 2


def test_a_query_gives_a_frame(store: Store) -> None:
    found = store.sql("SELECT partner, count(*) AS n FROM gains GROUP BY ALL ORDER BY ALL")
    assert found.to_dict("list") == {"partner": ["b", "c"], "n": [4, 2]}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE FROM study", "read-only"),
        ("SELECT * FROM read_csv('/etc/passwd')", "Permission"),
        ("SELECT * FROM gain", "gain"),
        ("SELEC", "syntax"),
        ("", "empty"),
    ],
)
def test_a_query_that_is_refused_is_an_error_of_the_store(
    store: Store, query: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said):
        store.sql(query)


def test_unknown_names_are_told_what_there_is(store: Store) -> None:
    unknown: Any = store
    with pytest.raises(StoreError, match=r"no view 'gain'; the views are agreement, .*gains"):
        unknown.gain()
    assert not hasattr(store, "_repr_html_")
    with pytest.raises(StoreError, match=r"no column 'task'; it has study, condition"):
        store.gains(task="a")
    with pytest.raises(StoreError, match=r"no study 'tow' in the store; it holds one, two"):
        store.gains(study=["one", "tow"])
    with pytest.raises(StoreError, match="INT32"):
        store.gains(seed="first")


def test_a_closed_store_says_so(results: Path) -> None:
    with specbench.open(str(results)) as store:
        assert not repr(store).endswith(", closed>")
    assert repr(store).endswith(", closed>")
    with pytest.raises(StoreError, match=r"is closed; open it again"):
        store.gains()


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere: no such folder"):
        specbench.open(tmp_path / "nowhere")
    with pytest.raises(StoreError, match=r"no store yet"):
        specbench.open(tmp_path)
    (tmp_path / "specbench.duckdb").write_text("no store")
    with pytest.raises(StoreError, match=r"not readable as a store"):
        specbench.open(tmp_path)


def test_importing_specbench_loads_nothing_heavy() -> None:
    code = (
        "import sys, specbench; print(*{'duckdb', 'pandas', 'numpy', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()
