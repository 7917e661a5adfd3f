"""What a network can be asked to predict: losses, metrics and normalisation."""

from specbench.tasks.catalogue import CATALOGUE, Task
from specbench.tasks.resolve import resolve_task

__all__ = ["CATALOGUE", "Task", "resolve_task"]
