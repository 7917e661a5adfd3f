"""Batches of samples and labels on the device, straight from the mapped arrays.

A sample is an image, or a row of a table or a window of several, whose numbers are normalised when
they are packed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from specbench.data.dataset import Dataset
from specbench.data.ids import read_ids
from specbench.errors import DataError
from specbench.tasks.catalogue import Task
from specbench.tasks.inject import as_channels
from specbench.tasks.labels import Label, flip, mirror, prepare

MASK = "mask_valid"


class Gatherable(Protocol):
    """What a data set must offer: its length, and rows of a domain by index."""

    def __len__(self) -> int: ...

    def take(
        self, domain: str, indices: npt.NDArray[np.intp], /
    ) -> npt.NDArray[np.generic] | Tensor:
        """Return the rows in fresh memory: an array, or a tensor on the device."""


class Batch(NamedTuple):
    """Images as a network sees them, float32 (N, C, H, W), and the labels of each task.

    C is 3, and more where a partner's label is fed beside the image (``specbench.tasks.inject``).
    Of a table they are its rows, (N, C), or windows, (N, C, L).
    """

    images: Tensor
    labels: dict[str, Label]


def see(packed: Tensor) -> Tensor:
    """Return packed samples as a network sees them: levels 0..255 of images brought to -2..2.

    Mean 0.5 and deviation 0.25 of a level's fraction stand for those of photographs in general.
    Numbers, float32, are seen as they are.
    """
    if packed.is_floating_point():
        return packed
    return packed.float().mul_(4 / 255).sub_(2)


def open_split(
    tasks: Mapping[str, Task], folders: Mapping[str, Path], split: str, source: str = "rgb"
) -> Dataset:
    """Open the domains that ``tasks`` read, and ``source``, for the images of ``<split>.ids``.

    ``folders`` maps domains to their packed folders, and ``"ids"`` to the one that holds
    ``<split>.ids``. DataError if a domain is not there.
    """
    needed = {source, *(task.domain for task in tasks.values())}
    for task in tasks.values():
        if task.masked and task.dense:
            needed.add(MASK)
            if MASK not in folders:
                hint = "pack mask_valid, or set masked = false"
                raise DataError(f"task {task.name} is masked and the study has no {MASK}", hint)
    missing = sorted(needed - set(folders))
    if missing:
        raise DataError(f"domain {missing[0]} is not among the packed ones")
    ids = read_ids(folders["ids"] / f"{split}.ids")
    return Dataset.open({name: folders[name] for name in sorted(needed)}, split, ids)


class First:
    """The first ``most`` images of a data set, or all where it has fewer."""

    def __init__(self, data: Gatherable, most: int) -> None:
        self._data, self._most = data, most

    def __len__(self) -> int:
        return min(len(self._data), self._most)

    def take(
        self, domain: str, indices: npt.NDArray[np.intp], /
    ) -> npt.NDArray[np.generic] | Tensor:
        """Return the rows of a domain."""
        return self._data.take(domain, indices)


class Images:
    """One split, batch by batch: gathered, flipped, normalised, in the network's memory order.

    ``source`` is the domain that the network is fed; ``partner`` the task, if any, whose ground
    truth is fed beside it.
    """

    def __init__(
        self,
        data: Gatherable,
        tasks: Mapping[str, Task],
        device: str | torch.device = "cpu",
        channels_last: bool = True,
        source: str = "rgb",
        partner: Task | None = None,
    ) -> None:
        self._data = data
        self._partner = partner
        self._tasks = dict(tasks)
        self._source = source
        self._device = torch.device(device)
        self._order = torch.channels_last if channels_last else torch.contiguous_format

    def __len__(self) -> int:
        return len(self._data)

    def batch(
        self, indices: npt.NDArray[np.intp], flipped: npt.NDArray[np.bool_] | None = None
    ) -> Batch:
        """Return the images at ``indices``, those where ``flipped`` mirrored with their labels."""
        mirrored = None if flipped is None else torch.from_numpy(flipped).to(self._device)
        images = self._gather(self._source, indices)
        if mirrored is not None:
            mirror(images, mirrored)
        labels = self._labels(self._tasks, indices, mirrored)
        seen = see(images)
        if self._partner is not None:
            partner = {self._partner.name: self._partner}
            (label,) = self._labels(partner, indices, mirrored).values()
            seen = torch.cat([seen, as_channels(self._partner, label, *seen.shape[2:])], dim=1)
        order = self._order if seen.dim() == 4 else torch.contiguous_format
        return Batch(seen.contiguous(memory_format=order), labels)

    def batches(self, batch_size: int) -> Iterator[Batch]:
        """Iterate over the whole split in its order, the last batch as small as it is."""
        for start in range(0, len(self), batch_size):
            yield self.batch(np.arange(start, min(start + batch_size, len(self))))

    def _labels(
        self, tasks: Mapping[str, Task], indices: npt.NDArray[np.intp], mirrored: Tensor | None
    ) -> dict[str, Label]:
        mask = None
        if any(task.masked and task.dense for task in tasks.values()):
            mask = self._gather(MASK, indices)
            if mirrored is not None:
                mirror(mask, mirrored)
        labels = {}
        for name, task in tasks.items():
            packed = self._gather(task.domain, indices)
            if mirrored is not None:
                flip(task, packed, mirrored)
            labels[name] = prepare(task, packed, mask)
        return labels

    def _gather(self, domain: str, indices: npt.NDArray[np.intp]) -> Tensor:
        return torch.as_tensor(self._data.take(domain, indices)).to(self._device)
