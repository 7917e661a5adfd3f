"""What a training leaves behind: curves, the best epoch, and the result made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specbench.tasks.registry import higher_is_better
from specbench.training.evaluate import Evaluation
from specbench.training.weights import State


@dataclass
class Record:
    """The course of one training so far; all of it plain values and tensors.

    ``best_epoch`` counts from 0 and has the lowest unweighted sum of validation losses, the first
    such; ``best_state`` are its weights.
    """

    curves: list[dict[str, Any]] = field(default_factory=list)
    metric_curves: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = -1
    best_loss: float = math.inf
    best_state: State = field(default_factory=dict)
    images: int = 0
    """Images trained on."""
    seconds: float = 0.0
    """Seconds spent in training steps."""

    def add_training(self, epoch: int, losses: Mapping[str, float]) -> None:
        """Take the running mean losses of an epoch's training steps."""
        self.curves += [
            {"target": target, "split": "train", "epoch": epoch, "loss": loss}
            for target, loss in losses.items()
        ]

    def add_validation(self, epoch: int, evaluations: Mapping[str, Evaluation]) -> float:
        """Take an epoch's validation and return the sum of its losses."""
        for target, evaluation in evaluations.items():
            row = {"target": target, "split": "val", "epoch": epoch}
            self.curves.append({**row, "loss": evaluation.loss})
            self.metric_curves += [
                {**row, "metric": metric, "value": value}
                for metric, value in evaluation.metrics.items()
            ]
        return sum(evaluation.loss for evaluation in evaluations.values())

    def is_best(self, validation: float) -> bool:
        """Return whether a sum of validation losses is the lowest so far."""
        return validation < self.best_loss

    def state(self) -> dict[str, Any]:
        """Return everything, for a checkpoint."""
        return dict(vars(self))

    def losses(self, evaluations: Mapping[str, Mapping[str, Evaluation]]) -> list[dict[str, Any]]:
        """Return the rows of ``losses``: each split evaluated, and the best epoch's training."""
        rows = [
            {"target": target, "split": split, "loss": evaluation.loss}
            for split, evaluated in evaluations.items()
            for target, evaluation in evaluated.items()
        ]
        return rows + [
            {"target": row["target"], "split": "train", "loss": row["loss"]}
            for row in self.curves
            if row["split"] == "train" and row["epoch"] == self.best_epoch
        ]


def metric_rows(evaluations: Mapping[str, Mapping[str, Evaluation]]) -> list[dict[str, Any]]:
    """Return the rows of ``metrics`` of each split evaluated."""
    return [
        {
            "target": target,
            "split": split,
            "metric": metric,
            "value": value,
            "higher_is_better": higher_is_better(target, metric),
        }
        for split, evaluated in evaluations.items()
        for target, evaluation in evaluated.items()
        for metric, value in evaluation.metrics.items()
    ]
