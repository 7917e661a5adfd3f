"""Target columns as labels; an empty cell is a missing label."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from specbench.data.domains import Form
from specbench.data.source import Array, BrokenFileError
from specbench.data.table.columns import Columns
from specbench.data.table.inputs import numbers, standard
from specbench.errors import DataError

FORMS = {"value": Form.VALUE, "binary": Form.BINARY, "image_class": Form.IMAGE_CLASS}
"""What a column is packed as, by the kind of the task that reads it."""
_ANSWERS = {"": math.nan, "nan": math.nan, "0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0,
            "false": 0.0, "true": 1.0}  # fmt: skip


def labels(
    columns: Columns,
    name: str,
    form: Form,
    train: Sequence[int],
    classes: int,
    *,
    standardise: bool,
) -> tuple[Array, dict[int, BrokenFileError]]:
    """Return the packed labels of all rows, and the rows whose cell is none.

    Values are float32 (rows, 1), in deviations of the training rows from their mean where
    ``standardise`` says so; binary ones float32 (rows, 1); classes int64 (rows,), numbered in the
    order of the cells that the training rows have (of numbers where all are), −1 for any other.
    """
    broken: dict[int, BrokenFileError] = {}
    if form is Form.IMAGE_CLASS:
        return _classes(columns, name, train, classes), broken
    if form is Form.BINARY:
        return _answers(columns, name, broken), broken
    values = numbers(columns, name, broken)
    if standardise:
        values = standard(values, train)
    return values.astype(np.float32)[:, None], broken


def _answers(columns: Columns, name: str, broken: dict[int, BrokenFileError]) -> Array:
    values = np.full((len(columns), 1), np.nan, dtype=np.float32)
    for row, cell in enumerate(columns.cells[name]):
        answer = _ANSWERS.get(cell.lower())
        if answer is None:
            broken[row] = columns.broken(name, row, "neither 0 nor 1")
        else:
            values[row] = answer
    return values


def _classes(columns: Columns, name: str, train: Sequence[int], classes: int) -> Array:
    known = sorted({columns.cells[name][row] for row in train} - {""})
    if len(known) > classes:
        raise DataError(
            f"{columns.path}: column {name!r} has {len(known)} classes in the training split,"
            f" its task {classes}",
            f"set classes = {len(known)}",
        )
    if all(cell.lstrip("-").isdecimal() for cell in known):
        known.sort(key=int)
    place = {cell: index for index, cell in enumerate(known)}
    return np.array([place.get(cell, -1) for cell in columns.cells[name]], dtype=np.int64)
