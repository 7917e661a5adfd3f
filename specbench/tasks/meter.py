"""What gathers a metric over a split."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label


class Meter(ABC):
    """Gathers one or more metrics of one task over batches."""

    def __init__(self, task: Task) -> None:
        self.task = task

    @abstractmethod
    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch: the network's output and its label, both normalised."""

    @abstractmethod
    def values(self) -> dict[str, float]:
        """Return the metrics so far; NaN where nothing was valid."""
