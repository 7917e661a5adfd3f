"""Data kept on the device: a batch is gathered there, and nothing is copied at every step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from specbench.data.dataset import Dataset
from specbench.training.images import Gatherable

_MOST = 0.5
"""Part of a GPU's free memory that data may take; the networks need the rest."""


class Resident:
    """A data set whose domains move to the device, whole, when they are first asked for."""

    def __init__(self, data: Gatherable, device: torch.device) -> None:
        self._data, self._device = data, device
        self._tensors: dict[str, Tensor] = {}

    def __len__(self) -> int:
        return len(self._data)

    def take(self, domain: str, indices: npt.NDArray[np.intp], /) -> Tensor:
        """Return the rows of a domain, on the device."""
        if domain not in self._tensors:
            whole = self._data.take(domain, np.arange(len(self)))
            self._tensors[domain] = torch.as_tensor(whole).to(self._device)
        rows = torch.from_numpy(np.ascontiguousarray(indices)).to(self._device)
        return self._tensors[domain].index_select(0, rows)


def settle(data: Mapping[str, Dataset], device: str) -> dict[str, Gatherable]:
    """Return the splits, kept on the device where it is a GPU with room for all of them."""
    if device != "cuda":
        return dict(data)
    size = sum(_size(each, domain) for each in data.values() for domain in each.domains)
    free, _ = torch.cuda.mem_get_info()
    if size > _MOST * free:
        return dict(data)
    return {split: Resident(each, torch.device(device)) for split, each in data.items()}


def _size(data: Dataset, domain: str) -> int:
    """Return the bytes of a domain."""
    return len(data) * data.take(domain, slice(0, 1)).nbytes if len(data) else 0
