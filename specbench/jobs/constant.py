"""Fits the best constant predictor of a task: what a network must beat to have learnt anything."""

from __future__ import annotations

from typing import Any

from specbench.jobs.context import Context
from specbench.jobs.samples import write_labels
from specbench.tasks.catalogue import Task


def run(context: Context) -> dict[str, Any]:
    """Return the constant's loss on val and test; a few labels become pictures."""
    import torch

    from specbench.training.constant import constant_losses

    torch.set_num_threads(1)
    task = Task.from_content(context.content["task"])
    losses = constant_losses({task.name: task}, context.folders(), context.ticket.where["input"])
    return {"losses": losses, "samples": write_labels(context, task)}
