"""What a method did, step by step: a few numbers a step, named by what they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]


class _Series(NamedTuple):
    """One quantity: the names of its numbers, and a row (epoch, step, numbers ...) a step."""

    names: tuple[str, ...]
    rows: list[list[float]]


class Log:
    """Rows of every quantity noted, such as the "weight" of every task."""

    def __init__(self) -> None:
        self._series: dict[str, _Series] = {}

    def add(self, epoch: int, step: int, quantity: str, values: Mapping[str, float]) -> None:
        """Take a row of ``quantity``; all rows of one have the same names."""
        series = self._series.setdefault(quantity, _Series(tuple(values), []))
        if tuple(values) != series.names:
            raise ValueError(f"{quantity} of {tuple(values)} after one of {series.names}")
        series.rows.append([float(epoch), float(step), *values.values()])

    def means(self) -> list[dict[str, Any]]:
        """Return {"epoch", "quantity", "name", "value"}: means over each epoch's steps.

        Steps in which a number was not finite count for no mean.
        """
        found = []
        for quantity, series in self._series.items():
            table = np.array(series.rows)
            for epoch in np.unique(table[:, 0]):
                part = table[table[:, 0] == epoch, 2:]
                for name, column in zip(series.names, part.T, strict=True):
                    known = column[np.isfinite(column)]
                    if len(known):
                        row = {"epoch": int(epoch), "quantity": quantity, "name": name}
                        found.append({**row, "value": float(known.mean())})
        return found

    def save(self, path: Path) -> None:
        """Write an .npz: for every quantity its rows, and its names as "names of QUANTITY"."""
        arrays: dict[str, Any] = {}
        for quantity, series in self._series.items():
            arrays[quantity] = np.array(series.rows)
            arrays[f"names of {quantity}"] = np.array(["epoch", "step", *series.names])
        np.savez(path, **arrays)

    def __len__(self) -> int:
        return max((len(series.rows) for series in self._series.values()), default=0)

    def state(self) -> dict[str, Any]:
        """Return everything, for a checkpoint."""
        return {
            quantity: {
                "names": list(series.names),
                "rows": torch.tensor(series.rows, dtype=torch.float64),
            }
            for quantity, series in self._series.items()
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Log:
        """Return the log that ``state`` described."""
        log = cls()
        for quantity, kept in state.items():
            log._series[quantity] = _Series(tuple(kept["names"]), kept["rows"].tolist())
        return log
