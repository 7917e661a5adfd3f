"""Tables: what is read, how columns become inputs and labels, and which rows go where."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.data.domains import Form
from specbench.data.pack import pack_domain, read_manifest
from specbench.data.source import BrokenFileError, Source, make_source
from specbench.data.table.columns import Columns, read_columns
from specbench.data.table.inputs import hashed, standard
from specbench.data.table.rows import split_rows
from specbench.errors import DataError
from specbench.testing.sources import SourceContract

INPUTS = {"numeric": ["age"], "categorical": ["city"], "text": ["note"],
          "text_features": 16, "text_ngrams": [1, 2]}  # fmt: skip
TARGETS = {"mass": ("value", 0), "ill": ("binary", 0), "sort": ("image_class", 3)}
SPLIT = {"column": "set", "rows": None, "fractions": [0.8, 0.1, 0.1], "in_order": False, "by": None}
HEADER = "set,age,city,note,mass,ill,sort"
ROWS = [
    "train,10,Bonn,CCO,2.0,0,b",
    "train,20,Ulm,c1ccccc1,,1,a",
    "train,30,Bonn,,6.0,,",
    "val,20,Trier,N#N,4.0,1,a",
    "test,,Ulm,CCO,8.0,0,c",
    ",1,Ulm,CCO,1.0,0,a",
]


def write(path: Path, rows: list[str] = ROWS, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def opened(path: Path, missing: str = "refuse", **changed: Any) -> Source:
    settings = {
        "kind": "table", "roots": [str(path)], "missing": missing, "inputs": INPUTS,
        "targets": TARGETS, "split": SPLIT, "seed": 0, "window": None, "standardise": False,
        **changed,
    }  # fmt: skip
    return make_source(settings)


def packed(source: Source, domain: str, folder: Path) -> dict[str, np.ndarray]:
    pack_domain(source, domain, 0, folder / domain, lambda _: None)
    return {split: np.load(folder / domain / f"{split}.npy") for split in ("train", "val", "test")}


class TestRows(SourceContract):
    def write(self, folder: Path) -> None:
        write(folder / "table.csv")

    def open(self, folder: Path) -> Source:
        return opened(folder / "table.csv", standardise=True)


class TestWindows(SourceContract):
    def write(self, folder: Path) -> None:
        rows = [f"{i},{i * i % 7}" for i in range(60)]
        write(folder / "table.csv", rows, "a,b")

    def open(self, folder: Path) -> Source:
        return windowed(folder / "table.csv")


def windowed(path: Path, length: int = 8, horizon: int = 3, rows: Any = (40, 10, 10)) -> Source:
    return opened(
        path,
        inputs={"numeric": ["a", "b"], "categorical": [], "text": []},
        targets={"b": ("value", 0)},
        split={**SPLIT, "column": None, "rows": list(rows)},
        window={"length": length, "horizon": horizon},
    )


def test_columns_become_inputs_by_what_the_training_rows_tell(tmp_path: Path) -> None:
    values = packed(opened(write(tmp_path / "t.csv")), "inputs", tmp_path)
    train = values["train"]
    # age has mean 20 and deviation sqrt(200/3) among the training rows, none of them empty
    step = 10 / np.sqrt(200 / 3)
    assert train[:, 0] == pytest.approx([-step, 0, step])
    assert train[:, 1:3].tolist() == [[1, 0], [0, 1], [1, 0]], "Bonn and Ulm"
    assert values["val"][0, :3].tolist() == [0, 0, 0], "Trier is no category of the training rows"
    assert values["test"][0, :3].tolist() == [0, 0, 1], "an empty number is the mean"
    assert train.shape == (3, 3 + 16)
    assert train.dtype == np.float32
    assert np.array_equal(train[0, 3:], values["test"][0, 3:]), "equal texts are equal numbers"
    assert not train[2, 3:].any(), "an empty text is nothing"


def test_an_input_tells_where_training_rows_are_empty(tmp_path: Path) -> None:
    rows = ["train,,Bonn,CCO,2.0,0,b", *ROWS[1:]]
    values = packed(opened(write(tmp_path / "t.csv", rows)), "inputs", tmp_path)
    assert values["train"][:, 1].tolist() == [1, 0, 0]
    assert values["train"][0, 0] == 0
    assert values["test"][0, 1] == 1


def test_labels_are_missing_where_cells_are_empty(tmp_path: Path) -> None:
    source = opened(write(tmp_path / "t.csv"))
    mass = packed(source, "mass", tmp_path)["train"]
    assert np.array_equal(mass[:, 0], [2, np.nan, 6], equal_nan=True)
    ill = packed(source, "ill", tmp_path)
    assert np.array_equal(ill["train"][:, 0], [0, 1, np.nan], equal_nan=True)
    sort = packed(source, "sort", tmp_path)
    assert sort["train"].tolist() == [1, 0, -1]
    assert sort["test"].tolist() == [-1], "a class that no training row has"
    forms = {name: source.domain(name).form for name in source.domains()}
    assert forms == {"inputs": Form.VALUE, "mass": Form.VALUE, "ill": Form.BINARY,
                     "sort": Form.IMAGE_CLASS}  # fmt: skip


def test_values_are_standardised_by_the_training_labels(tmp_path: Path) -> None:
    mass = packed(opened(write(tmp_path / "t.csv"), standardise=True), "mass", tmp_path)
    assert mass["train"][[0, 2], 0] == pytest.approx([-1, 1])
    assert mass["test"][0, 0] == pytest.approx(2)


def test_classes_that_are_numbers_go_by_number(tmp_path: Path) -> None:
    rows = [f"train,1,a,b,1,0,{c}" for c in (10, 9, 2)] + ["val,1,a,b,1,0,9", "test,1,a,b,1,0,2"]
    sort = packed(opened(write(tmp_path / "t.csv", rows)), "sort", tmp_path)
    assert sort["train"].tolist() == [2, 1, 0]
    with pytest.raises(DataError, match="has 3 classes in the training split, its task 2"):
        packed(opened(write(tmp_path / "t.csv", rows), targets={"sort": ("image_class", 2)}),
               "sort", tmp_path)  # fmt: skip


def test_the_three_kinds_of_file_are_the_same_table(tmp_path: Path) -> None:
    import duckdb

    plain = write(tmp_path / "t.csv")
    zipped, parquet = tmp_path / "t.csv.gz", tmp_path / "t.parquet"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    read = f"read_csv('{plain}', header = true)"
    duckdb.sql(f"COPY (SELECT * FROM {read}) TO '{parquet}' (FORMAT parquet)")
    first = packed(opened(plain), "inputs", tmp_path / "csv")
    for path in (zipped, parquet):
        found = packed(opened(path), "inputs", tmp_path / path.suffix)
        for split, values in first.items():
            assert np.array_equal(found[split], values)
    assert opened(zipped).fingerprint("inputs") == opened(plain).fingerprint("inputs")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("train,old,Bonn,C,1,0,a", r"t\.csv:5: no number in column 'age': 'old'"),
        ("train,1e999,Bonn,C,1,0,a", r"t\.csv:5: no number in column 'age'"),
    ],
)
def test_a_broken_cell_is_located_or_left_out(tmp_path: Path, row: str, message: str) -> None:
    rows = [*ROWS[:3], row, *ROWS[3:]]
    path = write(tmp_path / "t.csv", rows)
    with pytest.raises(BrokenFileError, match=message):
        packed(opened(path), "inputs", tmp_path)
    packed(opened(path, missing="leave_out"), "inputs", tmp_path)
    manifest = read_manifest(tmp_path / "inputs")
    assert manifest["splits"]["train"]["images"] == 3
    assert [entry["reason"] for entry in manifest["broken"]] == ["no number in column 'age'"]


@pytest.mark.parametrize(("cell", "what"), [("2", "neither 0 nor 1"), ("yes", "neither 0 nor 1")])
def test_an_answer_is_0_or_1(tmp_path: Path, cell: str, what: str) -> None:
    path = write(tmp_path / "t.csv", [*ROWS, f"test,1,Ulm,C,1,{cell},a"])
    with pytest.raises(BrokenFileError, match=rf"t\.csv:8: {what} in column 'ill': '{cell}'"):
        packed(opened(path), "ill", tmp_path)
    packed(opened(path), "mass", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"t\.csv:1: no column"),
        ("a,b\n", r"t\.csv:1: no rows"),
        ("a,a,b\n1,2,3\n", r"t\.csv:1: column 'a' stands twice"),
        ("a,c\n1,2\n", r"t\.csv:1: no column 'b'; the nearest is '[ac]'"),
        ("a,b\n1,2\n1\n", r"t\.csv:3: 1 cells, the header has 2"),
        ('a,b\n1,2\n"x\n\n', r"t\.csv:3: not CSV"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_columns(path, ["a", "b"])


def test_what_is_no_text_or_no_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,\xff\n")
    with pytest.raises(DataError, match=r"t\.csv:2: not UTF-8"):
        read_columns(path, ["a"])
    zipped = tmp_path / "t.csv.gz"
    for content in (b"a,b\n1,2\n", gzip.compress(b"a,b\n1,2\n")[:-9], b""):
        zipped.write_bytes(content)
        with pytest.raises(DataError, match=r"t\.csv\.gz:1: "):
            read_columns(zipped, ["a"])
    with pytest.raises(DataError, match=r"absent\.csv:1: cannot be read"):
        read_columns(tmp_path / "absent.csv", ["a"])


def test_cells_over_several_lines_keep_the_numbers_right(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"x\ny",1\n2,3\n')
    columns = read_columns(path, ["a", "b"])
    assert (columns.lines, columns.cells["a"]) == ([2, 4], ["x\ny", "2"])


def _table(rows: int, **cells: list[str]) -> Columns:
    return Columns(Path("t.csv"), cells, list(range(2, rows + 2)))


def test_rows_in_order_are_cut_at_the_counts_or_shares() -> None:
    table = _table(20)
    found = split_rows(table, {"rows": [10, 4, 3]}, 0)
    assert [len(found[split]) for split in ("train", "val", "test")] == [10, 4, 3]
    assert found["val"] == [10, 11, 12, 13]
    shares = split_rows(table, {"in_order": True, "fractions": [0.5, 0.25, 0.25]}, 0)
    assert shares == {"train": list(range(10)), "val": list(range(10, 15)),
                      "test": list(range(15, 20))}  # fmt: skip


@given(st.integers(0, 1000))
def test_hashed_rows_keep_their_split_whatever_comes_after(seed: int) -> None:
    how = {"fractions": [0.6, 0.2, 0.2]}
    few, many = split_rows(_table(80), how, seed), split_rows(_table(200), how, seed)
    assert sorted(row for rows in many.values() for row in rows) == list(range(200))
    for split, rows in few.items():
        assert rows == [row for row in many[split] if row < 80]


def test_equal_cells_keep_rows_together_and_seeds_part_them() -> None:
    people = [str(row % 40) for row in range(400)]
    how = {"fractions": [0.6, 0.2, 0.2], "by": "person"}
    found = split_rows(_table(400, person=people), how, 0)
    of = {row: split for split, rows in found.items() for row in rows}
    assert all(of[row] == of[row % 40] for row in range(400))
    assert split_rows(_table(400, person=people), how, 1) != found


def test_a_split_without_rows_and_an_unknown_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="split test has no row"):
        split_rows(_table(10), {"rows": [8, 2, 1]}, 0)
    with pytest.raises(DataError, match=r"t\.csv:3: column 'set' is 'dev'"):
        split_rows(_table(2, set=["train", "dev"]), {"column": "set"}, 0)


def test_windows_end_before_their_label(tmp_path: Path) -> None:
    rows = [f"{i},{100 + i}" for i in range(60)]
    source = windowed(write(tmp_path / "t.csv", rows, "a,b"))
    inputs, label = packed(source, "inputs", tmp_path), packed(source, "b", tmp_path)
    ids = {s: (tmp_path / "b" / f"{s}.ids").read_text().split() for s in ("train", "val", "test")}
    assert inputs["train"].shape == (30, 2, 8), "the first label that fits is that of row 10"
    assert [int(ids["train"][0]), int(ids["val"][0]), int(ids["test"][-1])] == [10, 40, 59]
    mean, deviation = np.arange(40).mean(), np.arange(40).std()
    assert label["val"][0, 0] == 140
    last = inputs["val"][0, 0, -1] * deviation + mean
    assert last == pytest.approx(37), "three rows before the label"
    assert inputs["val"][0, 0, 0] * deviation + mean == pytest.approx(30)
    for split, values in inputs.items():
        seen = values[:, 0, -1] * deviation + mean
        assert seen == pytest.approx(label[split][:, 0] - 100 - 3, abs=1e-3)
    manifest = read_manifest(tmp_path / "inputs")
    assert (manifest["form"], manifest["channels"], manifest["length"]) == ("sequence", 2, 8)


def test_a_window_with_a_broken_row_is_left_out(tmp_path: Path) -> None:
    rows = [f"{i},{i}" for i in range(60)]
    rows[20] = "x,20"
    path = write(tmp_path / "t.csv", rows, "a,b")
    with pytest.raises(BrokenFileError, match=r"t\.csv:22: no number in column 'a': 'x'"):
        packed(windowed(path), "inputs", tmp_path)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=20))
def test_standard_columns_have_mean_0_and_deviation_1(values: list[float]) -> None:
    found = standard(np.array([*values, 5.0]), range(len(values)))[:-1]
    assert np.isfinite(found).all()
    if np.std(values) > 1e-3:
        assert found.mean() == pytest.approx(0, abs=1e-6)
        assert found.std() == pytest.approx(1)


def test_hashed_texts_have_the_size_of_other_inputs() -> None:
    how = {"text_features": 64, "text_ngrams": [1, 3]}
    values = hashed(["CCO", "c1ccccc1O", ""], how)
    assert (values[:2] ** 2).mean(axis=1) == pytest.approx([1, 1])
    assert not values[2].any()
    assert not np.array_equal(hashed(["CO"], how), hashed(["Co"], how)), "cobalt is no methanol"


def real(variable: str, name: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} names no folder")
    return Path(folder) / name


def _settings(**changed: Any) -> Mapping[str, Any]:
    return {"numeric": [], "categorical": [], "text": [], "text_features": 64,
            "text_ngrams": [1, 3], **changed}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "target", "rows", "missing"),
    [("tox21.csv.gz", "NR-AR", 8014, True), ("sider.csv.gz", "Eye disorders", 1427, False)],
)
def test_real_molecules(tmp_path: Path, name: str, target: str, rows: int, missing: bool) -> None:
    path = real("SPECBENCH_TEST_MOLECULES", name)
    source = opened(path, inputs=_settings(text=["smiles"]), targets={target: ("binary", 0)},
                    split={**SPLIT, "column": None})  # fmt: skip
    label = packed(source, target, tmp_path)
    assert sum(map(len, label.values())) == rows
    known = np.concatenate(list(label.values()))
    assert set(known[~np.isnan(known)]) == {0, 1}
    assert np.isnan(known).any() == missing
    assert 0.75 < len(label["train"]) / rows < 0.85


def test_real_series(tmp_path: Path) -> None:
    source = opened(real("SPECBENCH_TEST_ETT", "ETTh1.csv"), inputs=_settings(numeric=["OT"]),
                    targets={"OT": ("value", 0)}, standardise=True,
                    split={**SPLIT, "column": None, "rows": [8640, 2880, 2880]},
                    window={"length": 96, "horizon": 24})  # fmt: skip
    inputs, label = packed(source, "inputs", tmp_path), packed(source, "OT", tmp_path)
    assert inputs["val"].shape == (2880, 1, 96)
    assert inputs["train"].shape == (8640 - 96 + 1 - 24, 1, 96)
    # The label of a window is what the window 24 hours later ends in.
    assert label["val"][:-24, 0] == pytest.approx(inputs["val"][24:, 0, -1], abs=1e-5)
