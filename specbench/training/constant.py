"""Losses of the best constant predictors of a study's tasks: what its networks must beat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from specbench.tasks.catalogue import Task
from specbench.tasks.constant import best_constant, loss_of_constant
from specbench.tasks.labels import Label, prepare
from specbench.training.images import MASK, Gatherable, open_split

MOST_IMAGES = 2000
"""Images a constant is fitted on, and evaluated on, at most: it has few numbers to fit."""


def constant_losses(
    tasks: Mapping[str, Task], folders: Mapping[str, Path], source: str = "rgb"
) -> list[dict[str, Any]]:
    """Return rows {"target", "split", "loss"} of the constants fitted on the training labels.

    Splits are val and test. Beyond ``MOST_IMAGES`` images of a split the first of the ids count,
    whose order is random.
    """
    rows = []
    splits = {
        split: open_split(tasks, folders, split, source) for split in ("train", "val", "test")
    }
    for name, task in tasks.items():
        constant = best_constant(task, _labels(task, splits["train"]))
        rows += [
            {
                "target": name,
                "split": split,
                "loss": loss_of_constant(task, constant, _labels(task, splits[split])),
            }
            for split in ("val", "test")
        ]
    return rows


def _labels(task: Task, data: Gatherable) -> Label:
    rows = np.arange(min(len(data), MOST_IMAGES))
    mask = torch.from_numpy(data.take(MASK, rows)) if task.masked and task.dense else None
    return prepare(task, torch.from_numpy(data.take(task.domain, rows)), mask)
