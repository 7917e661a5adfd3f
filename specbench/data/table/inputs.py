"""Input columns as numbers: what a network is fed of every row.

Whatever is learnt from the data (a mean, a deviation, which categories there are) is learnt from
the rows of the training split alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from specbench.data.source import Array, BrokenFileError
from specbench.data.table.columns import Columns
from specbench.errors import DataError

MOST_CATEGORIES = 1000


@dataclass(frozen=True)
class Encoded:
    """The inputs of every row, and the rows that have none."""

    values: Array
    """float32 (rows, inputs)."""
    broken: Mapping[int, BrokenFileError]


def input_columns(how: Mapping[str, Any]) -> list[str]:
    """Return the columns that are inputs: the numeric, then the categorical, then texts."""
    return [*how["numeric"], *how["categorical"], *how["text"]]


def encode(columns: Columns, how: Mapping[str, Any], train: Sequence[int]) -> Encoded:
    """Return the inputs of all rows; ``train`` are those of the training split.

    A numeric column is (x − mean) / deviation of the training rows, 0 where its cell is empty, and
    where the training rows have empty cells, one more input tells which. A categorical one is
    one-hot over the categories of the training rows in alphabetical order, all 0 for any other. A
    text is hashed character n-grams.
    """
    broken: dict[int, BrokenFileError] = {}
    parts = [_numeric(columns, name, train, broken) for name in how["numeric"]]
    parts += [_categorical(columns, name, train) for name in how["categorical"]]
    parts += [hashed(columns.cells[name], how) for name in how["text"]]
    return Encoded(np.concatenate(parts, axis=1), broken)


def numbers(columns: Columns, name: str, broken: dict[int, BrokenFileError]) -> Array:
    """Return a column as float64 (rows,), NaN where empty; what is no number goes to ``broken``."""
    values = np.full(len(columns), np.nan)
    for row in range(len(columns)):
        try:
            values[row] = columns.number(name, row)
        except BrokenFileError as error:
            broken.setdefault(row, error)
    return values


def standard(values: Array, train: Sequence[int]) -> Array:
    """Return (values − mean) / deviation of the rows ``train``; a deviation of 0 counts as 1."""
    known = values[train][np.isfinite(values[train])]
    mean = known.mean() if known.size else 0.0
    return np.asarray((values - mean) / (known.std() or 1.0 if known.size else 1.0))


def _numeric(
    columns: Columns, name: str, train: Sequence[int], broken: dict[int, BrokenFileError]
) -> Array:
    values = standard(numbers(columns, name, broken), train)
    empty = np.isnan(values)
    parts = [np.where(empty, 0, values)]
    if any(not columns.cells[name][row] for row in train):
        parts.append(empty)
    return np.stack(parts, axis=1).astype(np.float32)


def _categorical(columns: Columns, name: str, train: Sequence[int]) -> Array:
    known = sorted({columns.cells[name][row] for row in train} - {""})
    if len(known) > MOST_CATEGORIES:
        raise DataError(
            f"{columns.path}: column {name!r} has {len(known)} categories",
            f"at most {MOST_CATEGORIES} are one-hot; read it as text",
        )
    place = {category: index for index, category in enumerate(known)}
    values = np.zeros((len(columns), len(known)), dtype=np.float32)
    for row, cell in enumerate(columns.cells[name]):
        if cell in place:
            values[row, place[cell]] = 1
    return values


def hashed(texts: Sequence[str], how: Mapping[str, Any]) -> Array:
    """Return float32 (rows, text_features): counts of character n-grams, signed by their hash.

    scikit-learn's HashingVectorizer, nothing learnt: letters keep their case, since in SMILES it
    tells aromatic atoms. A row has mean square 1 over its numbers, whatever the length of its text.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    features = how["text_features"]
    vectorizer = HashingVectorizer(
        analyzer="char",
        ngram_range=tuple(how["text_ngrams"]),
        n_features=features,
        lowercase=False,
        norm="l2",
        dtype=np.float32,
    )
    return np.asarray(vectorizer.transform(texts).toarray() * np.sqrt(features), dtype=np.float32)
