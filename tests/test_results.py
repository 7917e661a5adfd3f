"""Result folders: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from specbench.errors import ResultError
from specbench.results import Results, damaged_files, is_key, write_whole

KEY = "0123456789abcdef0123"


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results.at(tmp_path)


def make(results: Results, text: str = '{"a": 1}') -> None:
    with results.making(KEY) as folder:
        (folder / "result.json").write_text(text)
        (folder / "inner").mkdir()
        (folder / "inner" / "more.bin").write_bytes(b"more")


def test_a_folder_appears_when_it_is_whole(results: Results) -> None:
    with results.making(KEY) as folder:
        (folder / "result.json").write_text("{}")
        assert not results.is_done(KEY)
    assert results.is_done(KEY)
    assert results.done() == {KEY}
    assert results.read(KEY) == {}
    assert damaged_files(results.folder(KEY)) == []


def test_an_error_leaves_nothing(results: Results) -> None:
    def fail() -> None:
        with results.making(KEY) as folder:
            (folder / "result.json").write_text("{}")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert results.done() == set()
    assert list((results.root / ".making").iterdir()) == []


def test_the_first_of_two_stays(results: Results) -> None:
    make(results)
    make(results, '{"a": 2}')
    assert results.read(KEY) == {"a": 1}


@pytest.mark.parametrize("name", ["result.json", "inner/more.bin", "checksums.json"])
def test_damage_is_seen(results: Results, name: str) -> None:
    make(results)
    path = results.folder(KEY) / name
    path.write_bytes(path.read_bytes()[:-1])
    assert damaged_files(results.folder(KEY)) == [name]
    path.unlink()
    assert damaged_files(results.folder(KEY)) == [name]
    if name != "inner/more.bin":
        with pytest.raises(ResultError):
            results.read(KEY)
    results.discard(KEY)
    assert results.done() == set()
    make(results)
    assert results.read(KEY) == {"a": 1}


def test_another_number_in_a_result_is_seen(results: Results) -> None:
    make(results)
    (results.folder(KEY) / "result.json").write_text('{"a": 2}')
    with pytest.raises(ResultError, match="does not match its checksum"):
        results.read(KEY)


def test_keys_are_twenty_hexadecimal_digits() -> None:
    assert is_key(KEY)
    assert not is_key(KEY.upper())
    assert not is_key(KEY[1:])
    assert not is_key("studies")


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.json"
    write_whole(path, "one")
    write_whole(path, b"two")
    assert path.read_text() == "two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.json"]


def test_an_absent_results_folder_holds_nothing(tmp_path: Path) -> None:
    assert Results.at(tmp_path / "none").done() == set()
