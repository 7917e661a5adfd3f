"""Publishing, reading and querying the store."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from specbench.errors import StoreError
from specbench.results import Results
from specbench.store.database import PrivateStore, create, open_published
from specbench.store.printing import csv_text, json_text, table_text
from specbench.store.rows import Rows, transaction


def test_no_store_yet_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store yet; run a study first"):
        open_published(Results.at(tmp_path))


def test_a_reader_keeps_what_it_opened(study: Any, runner: Any, rooms_text: str) -> None:
    runner(study(rooms_text.replace("[scores.rsa]\n", "")))
    with open_published(runner.results) as reader:
        before = reader.execute("SELECT count(*) FROM scores").fetchall()
        runner(study(rooms_text))
        assert reader.execute("SELECT count(*) FROM scores").fetchall() == before
    with open_published(runner.results) as reader:
        assert reader.execute("SELECT count(*) FROM scores").fetchall() > before


def test_a_store_of_another_version_is_made_anew(study: Any, runner: Any) -> None:
    runner(study())
    with duckdb.connect(str(runner.results.store)) as connection:
        connection.execute("UPDATE schema_version SET version = 0")
    store = PrivateStore(runner.results)
    assert store.connection.execute("SELECT count(*) FROM ingested").fetchone() == (0,)
    store.close()
    assert runner(study()).ran == 0
    with open_published(runner.results) as connection:
        assert connection.execute("SELECT count(*) FROM networks").fetchone() == (20,)


def test_a_broken_block_of_rows_is_found_before_anything_is_built_on_it(
    made_up: Any, rooms_text: str, tmp_path: Path
) -> None:
    results = Results.at(tmp_path)
    whole = made_up(tiny=rooms_text).store.read_bytes()
    found = 0
    for block in range(3 * 4096, len(whole), 262_144):  # after DuckDB's three headers
        data = bytearray(whole)
        data[block + 5_000] ^= 1
        results.store.write_bytes(data)
        store = PrivateStore(results)
        store.close()
        found += not store.inherited and opens(results.store)
    assert found, "DuckDB itself looks at a block only when it reads it"


def opens(path: Path) -> bool:
    """Tell whether a store looks sound at first sight."""
    try:
        with duckdb.connect(str(path), read_only=True) as store:
            return bool(store.execute("SELECT version FROM schema_version").fetchall())
    except duckdb.Error:
        return False


def test_publishing_replaces_the_file_whole(tmp_path: Path) -> None:
    results = Results.at(tmp_path)
    store = PrivateStore(results)
    assert store.due()
    store.publish()
    assert not store.due(), "not more often than every two seconds"
    first = results.store.stat().st_ino
    store.publish()
    assert results.store.stat().st_ino != first
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["specbench.duckdb"]


def test_an_interrupt_inside_a_transaction_undoes_it() -> None:
    with create(":memory:") as connection:
        with pytest.raises(KeyboardInterrupt):
            _insert_and_be_interrupted(connection)
        with transaction(connection):
            pass
        assert connection.execute("SELECT * FROM derived").fetchall() == []


def _insert_and_be_interrupted(connection: Any) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO derived VALUES ('a', 'b')")
        raise KeyboardInterrupt


def test_an_interrupt_just_after_a_commit_goes_on_as_itself() -> None:
    class Interrupted:
        """A connection whose user presses Ctrl-C while it commits."""

        def __init__(self, connection: Any) -> None:
            self.connection = connection

        def execute(self, text: str) -> None:
            self.connection.execute(text)
            if text == "COMMIT":
                raise KeyboardInterrupt

    with create(":memory:") as connection:
        with pytest.raises(KeyboardInterrupt):
            _insert_one(Interrupted(connection))
        assert connection.execute("SELECT * FROM derived").fetchall() == [("a", "b")]


def _insert_one(connection: Any) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO derived VALUES ('a', 'b')")


def test_rows_of_all_types_survive_the_insertion() -> None:
    with create(":memory:") as connection:
        rows = Rows()
        rows.add("result_metric", "k", "täsk 'x'", "val", "m", 0.1, True)
        rows.add("result_metric", "k", "t", "val", "m", None, False)
        assert rows
        rows.insert(connection)
        assert not rows
        found = connection.execute("SELECT target, value, higher_is_better FROM result_metric")
        assert found.fetchall() == [("täsk 'x'", 0.1, True), ("t", None, False)]


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO study (study) VALUES ('x')",
        "DELETE FROM job",
        "DROP VIEW gains",
        "CREATE TABLE t (a INT)",
        "ATTACH '{folder}/other.duckdb' AS other",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "COPY study TO '{folder}/out.parquet'",
        "EXPORT DATABASE '{folder}/dump'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "INSTALL httpfs",
        "LOAD '{folder}/x.duckdb_extension'",
        "SET enable_external_access = true",
        "SELECT * FROM query",
        "SELECT * FROM nothing",
        "SELEC 1",
        "SELECT 1/",
        "SELECT error('boo')",
    ],
)
def test_queries_that_write_or_read_elsewhere_are_refused(
    query: str, made_up: Any, rooms_text: str, tmp_path: Path
) -> None:
    results = made_up(tiny=rooms_text)
    before = results.store.read_bytes()
    with open_published(results) as connection, pytest.raises(duckdb.Error):
        connection.execute(query.format(folder=tmp_path)).fetchall()
    assert results.store.read_bytes() == before
    assert list(tmp_path.rglob("*")) == []


QUERY = (
    "SELECT 1 AS a, 'x,\"y\nz' AS b, NULL AS c, true AS d, 0.123456789 AS e, "
    "'nan'::DOUBLE AS f, DATE '2024-02-03' AS g, [1, 2] AS h, {'k': 1} AS i, "
    "2.5::DECIMAL(3, 1) AS j"
)


def test_a_table_is_aligned_and_cut() -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT 1 AS n, 'a\nb' AS text UNION ALL SELECT 100, repeat('x', 90)"
        )
        lines = table_text(found).splitlines()
    assert lines[0] == "  n  text"
    assert lines[1].startswith("---  ----")
    assert lines[2] == "  1  a⏎b"
    assert lines[3] == "100  " + "x" * 59 + "…"
    assert lines[4] == "(2 rows)"


def test_csv_has_a_header_and_empty_nulls() -> None:
    with duckdb.connect() as connection:
        header, row = csv.reader(io.StringIO(csv_text(connection.execute(QUERY))))
    assert header == list("abcdefghij")
    assert row[:4] == ["1", 'x,"y\nz', "", "True"]


def test_json_is_json() -> None:
    def never(word: str) -> None:
        raise AssertionError(word)

    with duckdb.connect() as connection:
        text = json_text(connection.execute(QUERY))
    (row,) = json.loads(text, parse_constant=never)
    assert (row["a"], row["c"], row["d"], row["f"]) == (1, None, True, None)
    assert (row["g"], row["h"], row["i"]) == ("2024-02-03", [1, 2], {"k": 1})


def test_a_query_without_a_statement_shows_nothing() -> None:
    with duckdb.connect() as connection:
        assert table_text(connection.execute(" ; ")) == "(nothing to show)"
        assert json.loads(json_text(connection.execute(""))) == []
