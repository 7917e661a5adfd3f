"""What the scores of two tasks with classes share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from specbench.scores.contract import Pair, ordered_pairs
from specbench.tasks.catalogue import Task

if TYPE_CHECKING:
    from torch import Tensor

    from specbench.tasks.labels import Label

TWO_WITH_CLASSES = "add tasks with classes, such as segment_semantic and class_scene"
"""What a study lacks whose every pair is undefined for such a score."""


def without_classes(score: str, tasks: Mapping[str, Task]) -> dict[Pair, str]:
    """Return the pairs in which a task has no classes, with the reason."""
    reasons = {}
    for pair in ordered_pairs(tasks):
        without = [name for name in pair if not tasks[name].categories]
        if without:
            verb = "has" if len(without) == 1 else "have"
            reasons[pair] = (
                f"{score} needs two tasks with classes, {' and '.join(without)} {verb} none"
            )
    return reasons


def as_classes(task: Task, label: Label) -> Label:
    """Return a binary label as classes 0 and 1, int64 (N,); any other label as it is."""
    if task.kind != "binary":
        return label
    return label._replace(value=label.value[:, 0].long())


def chances(task: Task, output: Tensor) -> Tensor:
    """Return the probabilities (N, categories, …) of a network's logits, float64."""
    import torch

    logits = output.double()
    if task.kind == "binary":
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    return logits.softmax(1)
