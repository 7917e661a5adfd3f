"""Cells of table files and the places that errors name."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.data.cells import as_text, as_utf8, csv_records, finite
from specbench.errors import DataError

FILE = Path("t.csv")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_as_written(value: float) -> None:
    assert finite(repr(value)) == value


@pytest.mark.parametrize("text", ["", " 1", "nan", "inf", "1e999", "1_000", "1,5", "0x1", "٣", "+"])
def test_what_is_no_finite_number_in_ascii_is_none(text: str) -> None:
    assert finite(text) is None


def test_records_know_the_line_they_begin_on() -> None:
    text = 'a,b\n"1\n2",3\n\n4,"5"\n'
    found = [(1, ["a", "b"]), (2, ["1\n2", "3"]), (4, []), (5, ["4", "5"])]
    assert list(csv_records(FILE, text)) == found
    assert list(csv_records(FILE, 'a, "b,c"\n', spaced=True)) == [(1, ["a", "b,c"])]
    with pytest.raises(DataError, match=r"t\.csv:2: not CSV"):
        list(csv_records(FILE, 'a\n"b'))
    with pytest.raises(DataError, match=r"t\.csv:2: not UTF-8"):
        as_utf8(FILE, b"a\nb\xff")


def test_values_of_parquet_are_the_cells_that_a_csv_would_have() -> None:
    values = (1, 0.1, " x ", None, math.nan)
    assert [as_text(value) for value in values] == ["1", "0.1", "x", "", ""]
