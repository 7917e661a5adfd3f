"""Metrics that need the labels and outputs of a whole split at once: R², AUROC, average precision.

All are exact: nothing is binned and no batch is averaged.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from torch import Tensor

from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.tasks.meter import Meter

Array = npt.NDArray[np.float64]


def r2(outputs: Array, labels: Array) -> float:
    """Return 1 − Σ(y − ŷ)² / Σ(y − ȳ)², the mean over channels, of arrays (n, channels).

    ȳ is the mean of the labels given. NaN where a channel does not vary.
    """
    spread = ((labels - labels.mean(0)) ** 2).sum(0) if len(labels) else np.zeros(1)
    if not spread.all():
        return math.nan
    return float((1 - ((labels - outputs) ** 2).sum(0) / spread).mean())


def auroc(outputs: Array, labels: Array) -> float:
    """Return the probability that a positive sample has a higher output than a negative one.

    Ties count half, as under the ROC curve (Hanley & McNeil 1982, Radiology 143). Arrays are
    (n, 1), labels 0 and 1; NaN unless both occur.
    """
    positive = labels[:, 0] == 1
    few, many = int(positive.sum()), int((~positive).sum())
    if not few or not many:
        return math.nan
    from scipy.stats import rankdata  # half a second at the start of every other process

    ranks = rankdata(outputs[:, 0])
    return float((ranks[positive].sum() - few * (few + 1) / 2) / (few * many))


def average_precision(outputs: Array, labels: Array) -> float:
    """Return Σ (Rᵢ − Rᵢ₋₁) Pᵢ over the thresholds, R the recall and P the precision at each.

    Outputs that are equal pass a threshold together. Arrays are (n, 1), labels 0 and 1; NaN
    unless both occur.
    """
    positive = labels[:, 0] == 1
    if positive.all() or not positive.any():
        return math.nan
    order = np.argsort(-outputs[:, 0], kind="stable")
    ranked, hits = outputs[order, 0], positive[order].cumsum()
    last = np.append(ranked[1:] != ranked[:-1], True)
    passed, found = np.flatnonzero(last) + 1, hits[last]
    gained = np.diff(found, prepend=0) / found[-1]
    return float((gained * found / passed).sum())


def pearson(outputs: Array, labels: Array) -> float:
    """Return Pearson's correlation of outputs and labels, the mean over channels, (n, channels).

    NaN where one of them does not vary.
    """
    apart, off = outputs - outputs.mean(0), labels - labels.mean(0)
    spread = np.sqrt((apart**2).sum(0) * (off**2).sum(0))
    return (
        float(((apart * off).sum(0) / spread).mean()) if len(labels) and spread.all() else math.nan
    )


SPLIT_METRICS: dict[str, Callable[[Array, Array], float]] = {
    "r2": r2,
    "auroc": auroc,
    "average_precision": average_precision,
    "pearson": pearson,
}
"""By name; each takes outputs and labels of the valid samples, (n, channels)."""


class SplitMeter(Meter):
    """Keeps the outputs and labels of the valid samples, and measures them at the end."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._outputs: list[Array] = []
        self._labels: list[Array] = []

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch of (N, C)."""
        self._outputs.append(output[label.valid].double().cpu().numpy())
        self._labels.append(label.value[label.valid].double().cpu().numpy())

    def values(self) -> dict[str, float]:
        """Return those of ``SPLIT_METRICS`` that the task asks for."""
        asked = [metric for metric in self.task.metrics if metric in SPLIT_METRICS]
        if not self._outputs:
            return dict.fromkeys(asked, math.nan)
        outputs, labels = np.concatenate(self._outputs), np.concatenate(self._labels)
        return {metric: SPLIT_METRICS[metric](outputs, labels) for metric in asked}
