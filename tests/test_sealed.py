"""Sealed files: what was written, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from specbench.sealed import read_sealed, write_sealed


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 40])
def test_what_was_written_is_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "new" / "file"
    for content in (b"before", data):
        write_sealed(path, content)
        assert read_sealed(path) == content
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_no_part_and_no_change_is_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_sealed(path, b"some tensors")
    whole = path.read_bytes()
    for place in range(len(whole)):
        for damaged in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
            whole[:place] + whole[place + 1 :],
        ):
            path.write_bytes(damaged)
            assert read_sealed(path) is None
    path.write_bytes(whole + b"\0")
    assert read_sealed(path) is None


def test_an_absent_file_holds_nothing(tmp_path: Path) -> None:
    assert read_sealed(tmp_path / "none") is None


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_sealed(path, b"old")
    with pytest.raises(TypeError):
        write_sealed(path, "no bytes")  # type: ignore[arg-type]
    assert read_sealed(path) == b"old"
