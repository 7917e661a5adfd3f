"""The models of ``[data]`` of kind "table": its columns, splits and windows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from specbench.spec.section import Count, Location, Name, Positive, Section, Seed


class TableInputs(Section):
    """Columns that networks are fed."""

    numeric: list[Name] = []
    """Numbers: the training split's mean is subtracted, its deviation divides; an empty cell is
    the mean, and where the training split has some, a further input tells which."""
    categorical: list[Name] = []
    """Categories, one-hot: those of the training split; any other is none of them."""
    text: list[Name] = []
    """Texts, or SMILES, as hashed character n-grams."""
    text_features: Annotated[int, Field(ge=2, le=2**20)] = 1024
    """Numbers that each text column is hashed to."""
    text_ngrams: Annotated[
        list[Annotated[int, Field(ge=1, le=20)]], Field(min_length=2, max_length=2)
    ] = [1, 4]
    """Shortest and longest n-grams, in characters."""


class TableSplit(Section):
    """Which rows are for training, validation and testing; by default by hash, 80/10/10."""

    column: Name | None = None
    """Column that says `train`, `val` or `test`; a row where it is empty is not used."""
    rows: Annotated[list[Count], Field(min_length=3, max_length=3)] | None = None
    """How many rows each split takes, in the order of the file; further rows are not used."""
    fractions: Annotated[list[Positive], Field(min_length=3, max_length=3)] = [0.8, 0.1, 0.1]
    """Shares of the three splits where neither `column` nor `rows` decides."""
    in_order: bool = False
    """Whether the shares follow the order of the file, such as that of time, or `data.seed`."""
    by: Name | None = None
    """Column whose equal cells keep rows together where rows are split by hash."""

    @property
    def hashed(self) -> bool:
        """Whether a hash decides where rows go."""
        return self.column is None and self.rows is None and not self.in_order


class TableWindow(Section):
    """Samples that are windows over a time series, a row a step: forecasting."""

    length: Annotated[int, Field(ge=8, le=100_000)]
    """Rows that a network sees, of all numeric input columns."""
    horizon: Count = 1
    """How many rows after the last of them the label stands."""


class TableData(Section):
    """A table, CSV or Parquet: a row is a sample, columns are inputs, others are tasks' labels."""

    kind: Literal["table"]
    """The source."""
    path: Location
    """The file: CSV, also gzipped (`.gz`), or Parquet (`.parquet`)."""
    inputs: TableInputs
    """Columns that networks are fed; a task names its column as `domain`, or by its own name."""
    split: TableSplit = TableSplit()
    """Which rows are for training, validation and testing."""
    window: TableWindow | None = None
    """Samples of several rows; by default a row is a sample."""
    standardise: bool = True
    """Whether labels of kind `value` are given in deviations of the training split's labels from
    their mean, so that losses of different columns are alike."""
    seed: Seed = 0
    """Drives the splitting by hash and the choice of subsets."""
    train_rows: Count | None = None
    """Use only so many training samples (the first in an order fixed by hash); by default all."""
    val_rows: Count | None = None
    """The same for validation."""
    test_rows: Count | None = None
    """The same for testing."""
    missing: Literal["refuse", "leave_out"] = "refuse"
    """What to do about a cell that is not what its column holds: stop, or leave the row out and
    count it. An empty cell of a label is a missing label, which is none of this."""

    @property
    def sample(self) -> str:
        """What a sample is called."""
        return "window" if self.window else "row"

    def shape_guessed(self) -> tuple[int, int]:
        """Return channels and length of a sample, as far as they are told without the file."""
        fed = self.inputs
        columns = len(fed.numeric) + 8 * len(fed.categorical)
        return columns + len(fed.text) * fed.text_features, self.window.length if self.window else 1
