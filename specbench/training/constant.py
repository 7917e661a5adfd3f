"""Losses of the best constant predictors of a study's tasks: what its networks must beat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from specbench.errors import TrainingError
from specbench.tasks.catalogue import Task
from specbench.tasks.constant import best_constant, loss_of_constant
from specbench.tasks.labels import Label, prepare
from specbench.tasks.losses import loss_sum
from specbench.training.images import MASK, Gatherable, open_split
from specbench.training.text import INPUT, Texts, open_texts

MOST_IMAGES = 2000
"""Training images a constant is fitted on at most: it has few numbers to fit, and a median needs
all values at once."""
_CHUNK = 256


def constant_losses(
    tasks: Mapping[str, Task], folders: Mapping[str, Path], source: str = "rgb"
) -> list[dict[str, Any]]:
    """Return rows {"target", "split", "loss"} of the constants fitted on the training labels.

    Splits are val and test, every image of them. Beyond ``MOST_IMAGES`` training images the first
    of the ids count, whose order is random.
    """
    if source == INPUT:
        return _of_texts(tasks, folders)
    rows = []
    splits = {
        split: open_split(tasks, folders, split, source) for split in ("train", "val", "test")
    }
    for name, task in tasks.items():
        first = np.arange(min(len(splits["train"]), MOST_IMAGES))
        constant = best_constant(task, _labels(task, splits["train"], first))
        rows += [
            {"target": name, "split": split, "loss": _loss(task, constant, splits[split])}
            for split in ("val", "test")
        ]
    return rows


def _of_texts(tasks: Mapping[str, Task], folders: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Return the rows of tasks on texts: every text of a split in one batch of labels."""
    rows = []
    for name, task in tasks.items():
        labels = {split: _text_labels(task, folders, split) for split in ("train", "val", "test")}
        if task.kind == "span":
            constant = _span_constant(labels["train"], labels)
            losses = {
                split: float(loss_sum(task, constant.expand(len(one.valid), -1, -1), one).mean())
                for split, one in labels.items()
            }
        else:
            constant = best_constant(task, labels["train"])
            losses = {s: loss_of_constant(task, constant, one) for s, one in labels.items()}
        rows += [
            {"target": name, "split": split, "loss": losses[split]} for split in ("val", "test")
        ]
    return rows


def _text_labels(task: Task, folders: Mapping[str, Path], split: str) -> Label:
    opened = open_texts({task.name: task}, folders, split)
    count = min(len(opened[task.name]), MOST_IMAGES) if split == "train" else len(opened[task.name])
    return Texts(opened).batch([(task.name, row) for row in range(count)]).labels[task.name]


def _span_constant(train: Label, labels: Mapping[str, Label]) -> torch.Tensor:
    """Return logits (1, 2, L): how often an answer begins and ends at each piece."""
    longest = 1 + max(int(one.value[:, :2].max()) for one in labels.values())
    counts = torch.full((2, longest), 1 / longest, dtype=torch.float64)
    for place in (0, 1):
        found = train.value[train.valid, place]
        counts[place] += torch.bincount(found, minlength=longest)
    return (counts / counts.sum(1, keepdim=True)).log()[None]


def _loss(task: Task, constant: torch.Tensor, data: Gatherable) -> float:
    total, count = 0.0, 0
    for start in range(0, len(data), _CHUNK):
        label = _labels(task, data, np.arange(start, min(start + _CHUNK, len(data))))
        valid = int(label.valid.sum())
        if valid:
            total += valid * loss_of_constant(task, constant, label)
            count += valid
    if not count:
        raise TrainingError(f"task {task.name} has no valid label in the split")
    return total / count


def _labels(task: Task, data: Gatherable, rows: npt.NDArray[np.intp]) -> Label:
    mask = torch.as_tensor(data.take(MASK, rows)) if task.masked and task.dense else None
    return prepare(task, torch.as_tensor(data.take(task.domain, rows)), mask)
