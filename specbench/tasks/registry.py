"""The tasks of the user's code that is loaded, beside the catalogue."""

from __future__ import annotations

from specbench.origin import Own
from specbench.tasks.catalogue import HIGHER_IS_BETTER, Task
from specbench.tasks.own import OwnTask

OWN: dict[str, Own[OwnTask]] = {}
"""By name."""


def definition(task: Task) -> OwnTask:
    """Return the user's definition behind a task with a loss of its own; ValueError if absent."""
    own = OWN.get(task.name)
    if own is None or own.origin != task.code:
        raise ValueError(f"the code that defines task '{task.name}' is not loaded")
    return own.thing


def higher_is_better(task: str, metric: str) -> bool:
    """Tell which way a metric of a task goes."""
    if metric in HIGHER_IS_BETTER:
        return HIGHER_IS_BETTER[metric]
    return OWN[task].thing.own_metrics[metric]
