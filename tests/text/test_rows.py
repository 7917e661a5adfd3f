"""Rows of text files of every form; what is wrong with them is told with file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.data.text.rows import Answer, Row, lines_of, read_rows
from specbench.data.text.sets import read_set
from specbench.errors import DataError

SETTINGS: dict[str, Any] = {
    "encoding": "utf-8", "text": [], "header": True, "longest": 1000, "labels": None,
}  # fmt: skip


def rows(path: Path, content: str | bytes, how: str, **settings: Any) -> list[Row]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_rows(path, {**SETTINGS, "format": how, **settings})


def test_a_label_and_a_text_a_line(tmp_path: Path) -> None:
    found = rows(
        tmp_path / "f", b"1 caf\xe9 au lait\r\n0 next\x85line\n", "lines", encoding="latin-1"
    )
    assert [(row.line, row.texts, row.labels) for row in found] == [
        (1, ("café au lait",), {"label": "1"}),
        (2, ("next\x85line",), {"label": "0"}),
    ]


def test_only_a_newline_ends_a_line() -> None:
    assert lines_of("a\x85b\u2028c\x0cd\ne\n\n") == ["a\x85b\u2028c\x0cd", "e", ""]


def test_labels_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("2\n0\n")
    path = tmp_path / "texts"
    path.write_text("first one\nsecond\n")
    settings = {**SETTINGS, "format": "lines", "labels": {"train": "labels"}}
    found = read_rows(path, settings, tmp_path / "labels")
    assert [(row.texts[0], row.labels["label"]) for row in found] == [
        ("first one", "2"), ("second", "0"),
    ]  # fmt: skip
    (tmp_path / "labels").write_text("2\n")
    with pytest.raises(DataError, match=r"labels:2: 1 labels, and .*texts has 2 texts"):
        read_rows(path, settings, tmp_path / "labels")


def test_tables_with_and_without_a_header(tmp_path: Path) -> None:
    tsv = rows(tmp_path / "t", '\ufeffa\tb\tc\nx "y\tz\t1\n', "tsv", text=["a", "b"])
    assert (tsv[0].texts, tsv[0].labels["c"]) == (('x "y', "z"), "1")
    bare = rows(tmp_path / "t", "x\ty\n", "tsv", text=["2"], header=False)
    assert (bare[0].texts, bare[0].labels["1"]) == (("y",), "x")
    csv = rows(tmp_path / "t", 'a,b\n"one, two\nthree",1\nfour,2\n', "csv", text=["a"])
    assert [(row.line, row.texts[0]) for row in csv] == [(2, "one, two\nthree"), (4, "four")]


def test_json_lines(tmp_path: Path) -> None:
    text = '{"a": "x", "n": 3}\n\nnot json\n{"b": 1}\n'
    found = rows(tmp_path / "j", text, "jsonl", text=["a"])
    assert (found[0].texts, found[0].labels["n"]) == (("x",), "3")
    assert [(row.line, row.problem[:8]) for row in found[1:]] == [(3, "not JSON"), (4, "no field")]


def test_conllu_leaves_out_ranges_and_empty_nodes(tmp_path: Path) -> None:
    lines = ["# x", "1-2\tdu" + "\t_" * 8, "1\tde\tde\tADP" + "\t_" * 6,
             "1.1\tq" + "\t_" * 8, "2\tle\tle\tDET" + "\t_" * 6]  # fmt: skip
    found = rows(tmp_path / "c", "\n".join(lines) + "\n", "conllu")
    assert found[0].words == ("de", "le")
    assert found[0].labels["upos"] == ("ADP", "DET")
    with pytest.raises(DataError, match=r"c:1: 2 columns, CoNLL-U has 10"):
        rows(tmp_path / "c", "1\tx\n", "conllu")


def test_squad_and_answers_that_stand_elsewhere(tmp_path: Path) -> None:
    def squad(start: int) -> str:
        answers = [{"text": "cat", "answer_start": start}]
        qas = [{"question": "Who?", "answers": answers}]
        return json.dumps({"data": [{"paragraphs": [{"context": "the cat", "qas": qas}]}]})

    (right,) = rows(tmp_path / "s", squad(4), "squad")
    assert right.texts == ("Who?", "the cat")
    assert right.labels["answer"] == (Answer("cat", 4),)
    (wrong,) = rows(tmp_path / "s", squad(0), "squad")
    assert "does not stand at character 0" in wrong.problem
    for text, message in (("{", "not JSON"), ('{"data": [{}]}', "not of SQuAD's form")):
        with pytest.raises(DataError, match=f"s:1: {message}"):
            rows(tmp_path / "s", text, "squad")


def test_wrong_encoding_and_missing_columns_are_told_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"f:2: not utf-8 text .*; give the set's encoding"):
        rows(tmp_path / "f", b"1 good\n0 caf\xe9\n", "lines")
    with pytest.raises(DataError, match="there is no encoding 'latin-99'"):
        rows(tmp_path / "f", b"1 good\n", "lines", encoding="latin-99")
    with pytest.raises(DataError, match=r"f:1: no column 'q': it has a, b"):
        rows(tmp_path / "f", "a\tb\nx\ty\n", "tsv", text=["q"])
    with pytest.raises(DataError, match=r"f:1: no rows"):
        rows(tmp_path / "f", "", "lines")


def test_long_empty_and_torn_rows_have_problems(tmp_path: Path) -> None:
    text = f"a\tb\n{'x' * 100_000}\t1\n\t2\nfine\t3\ntorn\n"
    found = rows(tmp_path / "f", text, "tsv", text=["a"])
    assert [(row.line, row.problem) for row in found] == [
        (2, "a text of 100000 characters, longest = 1000"),
        (3, "an empty text"),
        (4, ""),
        (5, "1 columns, the first line has 2"),
    ]


@given(st.lists(st.text(st.characters(exclude_characters="\n\r"), max_size=20), max_size=8))
def test_lines_come_back_as_they_were(lines: list[str]) -> None:
    assert lines_of("".join(f"{line}\n" for line in lines)) == lines


@given(
    st.binary(max_size=300), st.sampled_from(["lines", "tsv", "csv", "jsonl", "conllu", "squad"])
)
def test_any_bytes_are_rows_or_an_error_with_a_line(data: bytes, how: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        found, said = [], f"{path}:"
        try:
            found = rows(path, data, how, text=["a"] if how in ("tsv", "csv", "jsonl") else [])
        except DataError as error:
            said = str(error)
        assert said.startswith(f"{path}:")
        assert all(row.problem or row.texts or row.words for row in found)


def test_a_tenth_goes_to_each_split_without_a_file(texts: Path) -> None:
    settings = {**SETTINGS, "format": "lines", "encoding": "latin-1", "root": str(texts),
                "files": {"train": "films.txt", "val": None, "test": None}}  # fmt: skip
    found = read_set(settings)
    assert sum(map(len, found.values())) == 60
    assert all(found.values())
    ids = {split: {one.id for one in listed} for split, listed in found.items()}
    assert ids["train"].isdisjoint(ids["val"] | ids["test"])
    assert read_set(settings) == found
