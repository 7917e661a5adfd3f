from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.data.splits import (
    inline_table,
    merge_tables,
    read_split_csv,
    split_files,
    split_of_point,
)
from specbench.errors import DataError


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_every_line_end_is_read(tmp_path: Path, end: str, bom: str) -> None:
    lines = ["id,train,val,test", "ackley,1,0,0", "bonfield,0,1,0", "cosmos,0,0,1", "dell,0,0,0"]
    expected = {"ackley": "train", "bonfield": "val", "cosmos": "test"}
    for tail in ("", end, end * 3):
        path = written(tmp_path / "splits.csv", bom + end.join(lines) + tail)
        assert read_split_csv(path) == expected


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    path = written(tmp_path / "s.csv", "id, test, val, train\na, 0, 0, 1\n")
    assert read_split_csv(path) == {"a": "train"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("building,train,val,test\n", "s.csv:1: columns are 'building,train,val,test'"),
        ("", "s.csv:1: columns"),
        ("id,train,val,test\na,1,0,0\nb,1,1,0\n", "s.csv:3: building b is in train and val"),
        ("id,train,val,test\ra,1,0,0\ra,0,1,0\r", "s.csv:3: building a is in two splits"),
        ("id,train,val,test\na,yes,0,0\n", "s.csv:2: marks are 'yes,0,0'"),
        ("id,train,val,test\na,1\n", "s.csv:2: marks are"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_split_csv(written(tmp_path / "s.csv", text))


def test_no_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent.csv.*data\.splits.*data\.split_by"):
        read_split_csv(tmp_path / "absent.csv")


def test_inline_splits_may_not_overlap() -> None:
    assert inline_table({"train": ["a", "b"], "val": []}) == {"a": "train", "b": "train"}
    with pytest.raises(DataError, match="building a is in val and in train"):
        inline_table({"train": ["a"], "val": ["a"]})
    with pytest.raises(DataError, match=r"'dev'.*train, val, test"):
        inline_table({"dev": ["a"]})


def test_tables_of_several_roots_are_joined(tmp_path: Path) -> None:
    assert merge_tables([("x", {"a": "train"}), ("y", {"a": "train", "b": "val"})]) == {
        "a": "train",
        "b": "val",
    }
    (tmp_path / "second").mkdir()
    own = written(tmp_path / "second" / "splits.csv", "")
    assert split_files([tmp_path, tmp_path / "second"], None) == [own]
    assert split_files([tmp_path], None) == [tmp_path / "splits.csv"]
    assert split_files([tmp_path], "named.csv") == [Path("named.csv")]


@given(st.text(min_size=1, max_size=20))
def test_a_point_has_one_split(point: str) -> None:
    assert split_of_point(point) == split_of_point(point) in ("train", "val", "test")


def test_points_fall_80_10_10() -> None:
    splits = [split_of_point(f"cosmos/point_{i}") for i in range(4000)]
    assert abs(splits.count("train") / 4000 - 0.8) < 0.02
    assert abs(splits.count("val") / 4000 - 0.1) < 0.02
