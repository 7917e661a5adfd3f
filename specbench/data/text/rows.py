"""Rows of text files: texts and labels by column, each with its line, whatever the format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specbench.data.cells import csv_records
from specbench.errors import DataError

FORMATS = ("lines", "tsv", "csv", "jsonl", "conllu", "squad")
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")


@dataclass(frozen=True)
class Answer:
    """An answer in a context: its text and the character it starts at."""

    text: str
    start: int


@dataclass(frozen=True)
class Row:
    """One example: one or two texts, or a sentence's words, and labels by column.

    A label is text, of words a tuple of texts, of a question the answers. ``problem`` says why
    the row cannot be used; '' where it can.
    """

    line: int
    texts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def characters(self) -> int:
        """Length of its texts."""
        return sum(map(len, self.texts)) + sum(map(len, self.words))


def read_text(path: Path, encoding: str) -> str:
    """Return a file's text, strictly; DataError with the line where it is not so encoded."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}:1: cannot be read ({error.strerror or error})") from error
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}:{number}: not {encoding} text ({error.reason})", "give the set's encoding"
        ) from error
    except LookupError as error:
        raise DataError(f"{path}:1: there is no encoding '{encoding}'") from error


def read_rows(path: Path, settings: Mapping[str, Any], labels: Path | None = None) -> list[Row]:
    """Return the rows of a file; ``labels`` holds a label a line where texts stand alone.

    ``settings`` are those of the set: ``format``, ``encoding``, ``text``, ``header``, ``longest``.
    Raises DataError, as ``path:line: what is wrong``, where the file as a whole cannot be used.
    """
    text = read_text(path, settings["encoding"])
    read = _READERS[settings["format"]]
    rows = [_checked(row, settings) for row in read(path, text, settings)]
    if labels is not None:
        rows = _labelled(path, rows, labels, settings["encoding"])
    if not rows:
        raise DataError(f"{path}:1: no rows")
    return rows


def lines_of(text: str) -> list[str]:
    """Return the lines; only a newline ends one, for texts may hold any other character."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines and not lines[-1] else lines


def _checked(row: Row, settings: Mapping[str, Any]) -> Row:
    """Return the row, with a problem where its text is empty or too long."""
    if row.problem:
        return row
    if row.characters > settings["longest"]:
        problem = f"a text of {row.characters} characters, longest = {settings['longest']}"
    elif not row.words and not all(text.strip() for text in row.texts):
        problem = "an empty text"
    else:
        return row
    return Row(row.line, problem=problem)


def _labelled(path: Path, rows: list[Row], labels: Path, encoding: str) -> list[Row]:
    """Return rows of texts alone with the labels of a parallel file."""
    found = lines_of(read_text(labels, encoding))
    if len(found) != len(rows):
        raise DataError(
            f"{labels}:{min(len(found), len(rows)) + 1}: {len(found)} labels, and {path} has "
            f"{len(rows)} texts"
        )
    return [
        Row(row.line, row.texts, row.words, {"label": label.strip()}, row.problem)
        for row, label in zip(rows, found, strict=True)
    ]


def _lines(path: Path, text: str, settings: Mapping[str, Any]) -> Iterator[Row]:
    """A text a line; unless labels have a file of their own, its first word is the label."""
    for number, line in enumerate(lines_of(text), 1):
        if settings.get("labels"):
            yield Row(number, (line,))
            continue
        label, _, rest = line.strip().partition(" ")
        yield Row(number, (rest,), labels={"label": label})


def _table(path: Path, text: str, settings: Mapping[str, Any]) -> Iterator[Row]:
    lines = csv_records(path, text) if settings["format"] == "csv" else _tsv(text)
    cells = ((line, record) for line, record in lines if record)
    first = next(cells, None)
    if first is None:
        return
    number, head = first
    if settings["header"]:
        names = [name.strip() for name in head]
    else:
        names = [str(place) for place in range(1, len(head) + 1)]
    for column in settings["text"]:
        if column not in names:
            raise DataError(
                f"{path}:{number}: no column '{column}': it has {', '.join(names)}",
                "without a header columns are called 1, 2, …",
            )
    rows = cells if settings["header"] else _again(first, cells)
    for line, row in rows:
        if len(row) != len(names):
            yield Row(line, problem=f"{len(row)} columns, the first line has {len(names)}")
            continue
        named = dict(zip(names, (cell.strip() for cell in row), strict=True))
        yield Row(line, tuple(named[column] for column in settings["text"]), labels=named)


def _again(
    first: tuple[int, list[str]], rest: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rest


def _tsv(text: str) -> Iterator[tuple[int, list[str]]]:
    """Cells between tabs; quotes mean nothing."""
    for number, line in enumerate(lines_of(text), 1):
        yield number, line.split("\t") if line else []


def _jsonl(path: Path, text: str, settings: Mapping[str, Any]) -> Iterator[Row]:
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(number, problem=f"not JSON ({error})")
            continue
        lacking = [c for c in settings["text"] if not isinstance(found, dict) or c not in found]
        if lacking:
            yield Row(number, problem=f"no field '{lacking[0]}'")
            continue
        texts = tuple(_word(found[column]) for column in settings["text"])
        yield Row(number, texts, labels={name: _word(value) for name, value in found.items()})


def _word(value: Any) -> str:
    """Return a value of JSON as a cell of a table would have it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _conllu(path: Path, text: str, settings: Mapping[str, Any]) -> Iterator[Row]:
    """A sentence a row: its words, and the columns of CoNLL-U word by word."""
    sentence: list[list[str]] = []
    start = 1
    for number, line in enumerate([*lines_of(text), ""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            start = start if sentence else number
            cells = line.split("\t")
            if len(cells) != len(CONLLU):
                raise DataError(f"{path}:{number}: {len(cells)} columns, CoNLL-U has 10")
            if cells[0].isdigit():  # neither a range of words nor an empty node
                sentence.append(cells)
        elif sentence:
            columns = {
                name: tuple(cells[place] for cells in sentence) for place, name in enumerate(CONLLU)
            }
            yield Row(start, words=columns["form"], labels=columns)
            sentence = []


def _squad(path: Path, text: str, settings: Mapping[str, Any]) -> Iterator[Row]:
    """A question a row; its line is that of the file at which its context begins, as written."""
    try:
        found = json.loads(text)
        paragraphs = [p for article in found["data"] for p in article["paragraphs"]]
        number = 0
        for paragraph in paragraphs:
            for question in paragraph["qas"]:
                number += 1
                answers = tuple(
                    Answer(one["text"], one["answer_start"]) for one in question.get("answers", ())
                )
                texts = (question["question"].strip(), paragraph["context"])
                yield Row(
                    number, texts, labels={"answer": answers}, problem=_misplaced(texts, answers)
                )
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}:1: not JSON ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}:1: not of SQuAD's form: {error!r} is missing") from error


def _misplaced(texts: tuple[str, str], answers: tuple[Answer, ...]) -> str:
    """Return why answers do not stand where they say; '' where they do."""
    for one in answers:
        if texts[1][one.start : one.start + len(one.text)] != one.text:
            return f"answer {one.text[:40]!r} does not stand at character {one.start}"
    return ""


_READERS: dict[str, Callable[[Path, str, Mapping[str, Any]], Iterator[Row]]] = {
    "lines": _lines,
    "tsv": _table,
    "csv": _table,
    "jsonl": _jsonl,
    "conllu": _conllu,
    "squad": _squad,
}
