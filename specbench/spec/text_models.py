"""The models of ``[data]`` of kind "text": its sets of texts, each with files of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from specbench.spec.section import Count, Location, Name, Section, Seed

Pieces = Annotated[int, Field(ge=4, le=4096)]


class SplitFiles(Section):
    """Files of the three splits, below the root."""

    train: Annotated[str, Field(min_length=1)]
    """The training split."""
    val: str | None = None
    """Validation; by default a tenth of the training file's rows, by hash."""
    test: str | None = None
    """Testing; by default a tenth of the training file's rows, by hash."""


class TextSet(Section):
    """Texts with labels by column; tasks name them as `SET.COLUMN`."""

    format: Literal["lines", "tsv", "csv", "jsonl", "conllu", "squad"]
    """`lines`: a text a line, its first word the label, or labels in a file beside it; `tsv`,
    `csv`; `jsonl`: an object a line; `conllu`: sentences of words with ten columns; `squad`:
    questions with answers in a context."""
    files: SplitFiles
    """Files of the splits."""
    labels: SplitFiles | None = None
    """Of `lines`: files with a label a line, beside those of the texts."""
    text: Annotated[list[Name], Field(max_length=2)] = []
    """Of tables and `jsonl`: the columns of one text, or of a pair."""
    header: bool = True
    """Of tables: whether the first line names the columns; else they are called 1, 2, …"""
    encoding: Annotated[str, Field(min_length=1)] = "utf-8"
    """Encoding of the files."""
    examples: Count | None = None
    """About how many training examples there are: what `plan` counts with before it can read
    them."""


class TextData(Section):
    """Texts in sets of their own files: sentences, pairs, tagged words, questions."""

    kind: Literal["text"]
    """The source."""
    root: Location
    """Folder that the files lie below."""
    sets: Annotated[dict[Name, TextSet], Field(min_length=1)]
    """Sets of texts, a table each."""
    length: Pieces = 64
    """Word pieces that a network sees of a text, or of a pair; what is beyond is cut off."""
    longest: Count = 10_000
    """Characters of a text beyond which its row cannot be used."""
    vocabulary: Annotated[int, Field(ge=64, le=2**20)] = 8000
    """Word pieces of the encoder `transformer`; a pretrained encoder has its own."""
    vocabulary_sets: list[Name] | None = None
    """Sets whose training texts the word pieces are learnt from; by default those of sources, and
    where there are none, all."""
    lowercase: bool = True
    """Whether `transformer` sees capitals as small letters."""
    missing: Literal["refuse", "leave_out"] = "refuse"
    """What to do about a row that cannot be used (a broken line, an empty text or label, a text too
    long): stop, or leave it out and count it."""
    overlap: Literal["refuse", "count"] = "refuse"
    """What to do where a source's training holds an example of a target, text and label alike:
    stop, or count it among the duplicates."""
    seed: Seed = 0
    """Drives the choice of subsets."""
    train_texts: Count | None = None
    """Of each task use only so many training examples (the first in an order fixed by hash)."""
    val_texts: Count | None = None
    """The same for validation."""
    test_texts: Count | None = None
    """The same for testing."""
