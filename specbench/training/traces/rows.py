"""The rows of a trace, one a moment looked at: in memory, in a checkpoint, in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]


class Rows:
    """Columns of equal length, each row an array of one shape; ``epoch`` is among them."""

    def __init__(self, columns: Mapping[str, list[Array]] | None = None) -> None:
        self._columns = {name: list(values) for name, values in (columns or {}).items()}

    def __len__(self) -> int:
        return len(self._columns.get("epoch", ()))

    def add(self, row: Mapping[str, Any]) -> None:
        """Take one row; every row has the same columns."""
        for name, value in row.items():
            self._columns.setdefault(name, []).append(np.asarray(value, dtype=np.float64))

    def cut(self, epoch: int) -> None:
        """Drop the rows of ``epoch`` and of those after it."""
        kept = [number for number, at in enumerate(self._columns.get("epoch", ())) if at < epoch]
        self._columns = {n: [values[k] for k in kept] for n, values in self._columns.items()}

    def arrays(self) -> dict[str, Array]:
        """Return every column as one array, rows first."""
        return {name: np.stack(values) for name, values in self._columns.items() if values}

    def state(self) -> dict[str, torch.Tensor]:
        """Return the columns as tensors, for a checkpoint."""
        return {name: torch.from_numpy(values) for name, values in self.arrays().items()}

    @classmethod
    def from_state(cls, state: Mapping[str, torch.Tensor]) -> Rows:
        """Return the rows that ``state`` described."""
        return cls({name: list(values.numpy()) for name, values in state.items()})

    def save(self, path: Path) -> None:
        """Write the columns to an .npz file."""
        np.savez(path, **self.arrays())  # type: ignore[arg-type]
