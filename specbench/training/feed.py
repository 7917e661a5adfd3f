"""What a network is trained and tested on: images, rows and windows, or texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch

from specbench.tasks.catalogue import Task
from specbench.tasks.inject import partner_of
from specbench.training.images import Batch, First, Gatherable, Images, open_split
from specbench.training.resident import settle
from specbench.training.settings import Settings
from specbench.training.stream import Stream
from specbench.training.text import Texts, TextStream, TextTask, is_text, open_texts
from specbench.training.weights import source_of, tasks_of

SPLITS = ("train", "val", "test")
Opened = Gatherable | dict[str, TextTask]
"""A split as opened, for networks of any of its tasks."""


class Samples(Protocol):
    """One split, batch by batch."""

    def __len__(self) -> int: ...

    def batches(self, batch_size: int, /) -> Iterator[Batch]:
        """Iterate over the whole split."""


class Batches(Protocol):
    """The training batches of one seed."""

    @property
    def steps(self) -> int:
        """Batches of an epoch."""

    def epoch(self, epoch: int, /) -> Iterator[Batch]:
        """Iterate over the batches of an epoch."""


def open_splits(
    contents: Sequence[Mapping[str, Any]], folders: Mapping[str, Path], device: str
) -> dict[str, Opened]:
    """Return what networks of ``contents`` are trained and tested on, by split."""
    read: dict[str, Task] = {}
    for content in contents:
        partner = partner_of(content)
        read |= {**tasks_of(content), **({partner.name: partner} if partner else {})}
    if is_text(contents[0]):
        return {split: open_texts(read, folders, split) for split in SPLITS}
    source = source_of(contents[0])
    found: dict[str, Opened] = {}
    found |= settle({split: open_split(read, folders, split, source) for split in SPLITS}, device)
    return found


def samples_of(
    content: Mapping[str, Any],
    data: Mapping[str, Opened],
    tasks: Mapping[str, Task],
    device: torch.device,
    settings: Settings,
) -> dict[str, Images | Texts]:
    """Return the splits as the network of ``content`` sees them, training shortened as it says."""
    found: dict[str, Images | Texts] = {}
    for split, opened in data.items():
        most = settings.samples if split == "train" else 0
        if isinstance(opened, dict):
            own = {name: opened[name] for name in tasks}
            padding = int(content["network"]["texts"].get("padding", 0))
            found[split] = Texts(own, device, padding, most)
            continue
        given = First(opened, most) if most else opened
        how = (device, settings.channels_last, source_of(content), partner_of(content))
        found[split] = Images(given, tasks, *how)
    return found


def stream_of(samples: Images | Texts, settings: Settings, seed: int) -> Stream | TextStream:
    """Return the training batches of a seed."""
    if isinstance(samples, Texts):
        return TextStream(samples, settings, seed)
    return Stream(samples, settings, seed)
