"""Files of tensors and arrays cannot run code: whatever is hidden in one stays inert."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specbench.data.domains import DOMAINS
from specbench.data.encodings import decode_file
from specbench.sealed import write_sealed
from specbench.training.checkpoint import load_checkpoint
from specbench.training.traces.kept import kept_epochs
from specbench.training.weights import load_weights
from specbench.upkeep.compare import differences


class Hidden:
    """What a pickle makes when it is read: a folder at a path."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        import os

        return os.mkdir, (str(self.path),)


def read_epochs(folder: Path) -> None:
    for _ in kept_epochs(folder, 1) or ():
        pass


READERS: dict[str, Callable[[Path], Any]] = {
    "checkpoint.pt": lambda path: load_checkpoint(path.parent, {}),
    "weights.pt": load_weights,
    "00000.pt": lambda path: read_epochs(path.parent),
}


@pytest.mark.parametrize("name", READERS)
def test_code_in_a_file_of_tensors_is_not_run(tmp_path: Path, name: str) -> None:
    made, file = tmp_path / "made", io.BytesIO()
    torch.save({"weight": torch.zeros(1), "hidden": Hidden(made)}, file)
    (tmp_path / name).write_bytes(file.getvalue())
    if name == "checkpoint.pt":
        write_sealed(tmp_path / name, file.getvalue())
    with suppress(pickle.UnpicklingError):
        assert READERS[name](tmp_path / name) is None
    assert not made.exists()
    torch.load(io.BytesIO(file.getvalue()), weights_only=False)
    assert made.exists(), "the file would have done it"


def test_code_in_an_array_is_not_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    np.save(tmp_path / "a.npy", np.array([Hidden(made)], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"no \.npy array"):
        decode_file((tmp_path / "a.npy").read_bytes(), DOMAINS["class_scene"])
    assert not made.exists()


def test_comparing_results_runs_no_code(tmp_path: Path) -> None:
    made = tmp_path / "made"
    for name, value in (("one", 0), ("two", 1)):
        (tmp_path / name).mkdir()
        torch.save({"v": value, "hidden": Hidden(made)}, tmp_path / name / "weights.pt")
    found = differences(tmp_path / "one", tmp_path / "two")
    assert found == ["weights.pt: other bytes"]
    assert not made.exists()
