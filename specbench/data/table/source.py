"""A table as a source: CSV, gzipped CSV or Parquet, a row a sample, or a window of rows."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from specbench.data.domains import Domain, Form
from specbench.data.source import SPLITS, Array, BrokenFileError, Item, Source
from specbench.data.table.columns import Columns, read_columns
from specbench.data.table.inputs import Encoded, encode, input_columns
from specbench.data.table.rows import Rows, split_columns, split_rows
from specbench.data.table.targets import FORMS, labels
from specbench.errors import DataError

INPUTS = "inputs"
"""The domain that networks are fed; no column that is a target may be called so."""


@dataclass(frozen=True, slots=True)
class Cell(Item):
    """A row's value in one domain; of windows ``row`` is that of the label."""

    domain: str = ""


class TableSource(Source):
    """Reads one file; ids are the numbers of its rows, from 0.

    ``settings`` has ``inputs`` (lists ``numeric``, ``categorical``, ``text``; ``text_features``,
    ``text_ngrams``), ``targets`` (kind of task and number of classes, by column), ``split`` (see
    ``specbench.data.table.rows``), ``seed``, ``standardise``, and ``window`` (None, or ``length``
    and ``horizon``): then a sample is ``length`` rows of the numeric columns, and its labels are
    those of the row ``horizon`` rows after the last of them. A window belongs to the split of its
    label's row; what it is fed may reach back into the split before.

    The file is read at the first question that needs it, and kept.
    """

    input_domain = INPUTS

    def __init__(self, path: Path, settings: Mapping[str, Any], missing: str = "refuse") -> None:
        self.path = path
        self.missing = missing
        self._settings = settings
        self._targets: Mapping[str, tuple[str, int]] = settings["targets"]
        self._window: Mapping[str, int] | None = settings["window"]
        self._labels: dict[str, tuple[Array, dict[int, BrokenFileError]]] = {}

    def domains(self) -> list[str]:
        """Return the columns that are targets, and the inputs."""
        return sorted([INPUTS, *self._targets])

    def domain(self, name: str) -> Domain:
        """Return the form of a target, or of the inputs; reads the file to count these."""
        if name == INPUTS:
            count = self._inputs.values.shape[1]
            if self._window is None:
                return Domain(name, Form.VALUE, count)
            return Domain(name, Form.SEQUENCE, count, length=self._window["length"])
        if name not in self._targets:
            near = difflib.get_close_matches(name, self._targets, 1) or self.domains()
            raise DataError(f"{self.path}: no target {name!r}", f"it has {', '.join(near)}")
        kind, classes = self._targets[name]
        form = FORMS[kind]
        return Domain(name, form, 0 if form is Form.IMAGE_CLASS else 1, classes)

    def splits(self) -> dict[str, list[str]]:
        """Return each split as its own unit."""
        return {split: [split] for split in SPLITS}

    def items(self, domain: str) -> dict[str, list[Item]]:
        """Return the rows of each split; every domain has them all, with or without a label."""
        self.domain(domain)
        first = 0
        if self._window is not None:
            first = self._window["length"] - 1 + self._window["horizon"]
        folder, name = self.path.parent, self.path.name
        listed: dict[str, list[Item]] = {}
        for split, rows in self._rows.items():
            kept = [row for row in rows if row >= first]
            if not kept:
                raise DataError(f"{self.path}: no window fits into split {split}")
            listed[split] = [Cell(f"{row:09d}", folder, name, row, domain) for row in kept]
        return listed

    def expected(self, image: str, domain: str) -> Path:
        """Return the file."""
        return self.path

    def content(self, item: Item) -> bytes:
        """Return the cells of the item's domain in its row, or rows, as bytes."""
        assert isinstance(item, Cell)
        columns, rows = self._columns, self._fed(item.row)
        if item.domain != INPUTS:
            return columns.cells[item.domain][item.row].encode()
        return b"\n".join(self._stored[row] for row in rows)

    def decode(self, content: bytes, item: Item, domain: Domain) -> Array:
        """Return the inputs, (inputs,) or (columns, length), or the label of a row.

        BrokenFileError where a cell is not what its column holds.
        """
        if domain.name == INPUTS:
            rows = self._fed(item.row)
            self._refuse(self._inputs.broken, rows)
            values = self._inputs.values[rows.start : rows.stop]
            return values[0] if self._window is None else values.T
        values, broken = self._label(domain)
        self._refuse(broken, range(item.row, item.row + 1))
        return np.asarray(values[item.row])

    def stamp(self, domain: str) -> str:
        """Digest the time and size of the file."""
        state = self.path.stat() if self.path.is_file() else None
        shown = f"{state.st_mtime_ns} {state.st_size}" if state else "absent"
        return hashlib.sha256(shown.encode()).hexdigest()

    def _fed(self, row: int) -> range:
        """Return the rows that a sample whose label stands in ``row`` is made of."""
        if self._window is None:
            return range(row, row + 1)
        last = row - self._window["horizon"]
        return range(last - self._window["length"] + 1, last + 1)

    @staticmethod
    def _refuse(broken: Mapping[int, BrokenFileError], rows: range) -> None:
        for row in rows if broken else ():
            if row in broken:
                raise broken[row]

    @cached_property
    def _columns(self) -> Columns:
        named = [*input_columns(self._settings["inputs"]), *self._targets]
        return read_columns(self.path, [*named, *split_columns(self._settings["split"])])

    @cached_property
    def _rows(self) -> Rows:
        return split_rows(self._columns, self._settings["split"], self._settings["seed"])

    @cached_property
    def _inputs(self) -> Encoded:
        return encode(self._columns, self._settings["inputs"], self._rows["train"])

    @cached_property
    def _stored(self) -> list[bytes]:
        """The cells of the input columns of every row, as bytes."""
        fed = [self._columns.cells[name] for name in input_columns(self._settings["inputs"])]
        return ["\0".join(cells).encode() for cells in zip(*fed, strict=True)]

    def _label(self, domain: Domain) -> tuple[Array, dict[int, BrokenFileError]]:
        if domain.name not in self._labels:
            self._labels[domain.name] = labels(
                self._columns,
                domain.name,
                domain.form,
                self._rows["train"],
                domain.classes,
                standardise=self._settings["standardise"],
            )
        return self._labels[domain.name]
