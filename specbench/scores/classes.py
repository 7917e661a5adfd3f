"""What the scores of two tasks with classes share."""

from __future__ import annotations

from collections.abc import Mapping

from specbench.scores.contract import Pair, ordered_pairs
from specbench.tasks.catalogue import Task

TWO_WITH_CLASSES = "add tasks with classes, such as segment_semantic and class_scene"
"""What a study lacks whose every pair is undefined for such a score."""


def without_classes(score: str, tasks: Mapping[str, Task]) -> dict[Pair, str]:
    """Return the pairs in which a task has no classes, with the reason."""
    reasons = {}
    for pair in ordered_pairs(tasks):
        without = [name for name in pair if not tasks[name].is_class]
        if without:
            verb = "has" if len(without) == 1 else "have"
            reasons[pair] = (
                f"{score} needs two tasks with classes, {' and '.join(without)} {verb} none"
            )
    return reasons
