"""Metrics over a whole split, gathered batch by batch; batch size does not change them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from specbench.tasks.catalogue import HIGHER_IS_BETTER, Task
from specbench.tasks.labels import Label, denormalise
from specbench.tasks.losses import one_each
from specbench.tasks.meter import Meter
from specbench.tasks.registry import definition
from specbench.tasks.split_metrics import SPLIT_METRICS, SplitMeter
from specbench.tasks.text_metrics import SpanMeter, TagMeter, Told


class MeanMeter(Meter):
    """Means over valid pixels of l1, abs_rel, rmse and delta_1.25, in the domain's units.

    mae is l1 under the name that it has for values of samples.

    abs_rel and delta_1.25 (Eigen et al. 2014, arXiv 1406.2283) leave out pixels whose label is not
    positive; a prediction that is not positive never counts as within 1.25.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._sums: dict[str, Tensor] = {}

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch of (N, C, H, W), or (N, C)."""
        predicted = denormalise(self.task, output.float().movedim(1, -1)[label.valid])
        true = denormalise(self.task, label.value.movedim(1, -1)[label.valid])
        difference = (predicted - true).abs()
        self._gather("mae" if "mae" in self.task.metrics else "l1", difference)
        if "rmse" in self.task.metrics:
            self._gather("rmse", difference.double().square())
        if {"abs_rel", "delta_1.25"} & set(self.task.metrics):
            self._add_ratios(predicted, true)

    def _add_ratios(self, predicted: Tensor, true: Tensor) -> None:
        positive = true > 0
        predicted, true = predicted[positive], true[positive]
        self._gather("abs_rel", (predicted - true).abs() / true)
        ratio = torch.maximum(predicted / true, true / predicted)
        self._gather("delta_1.25", (ratio < 1.25) & (predicted > 0))

    def _gather(self, metric: str, values: Tensor) -> None:
        count = torch.tensor(values.numel(), dtype=torch.float64, device=values.device)
        gathered = torch.stack([values.sum(dtype=torch.float64), count])
        self._sums[metric] = self._sums.get(metric, 0) + gathered

    def values(self) -> dict[str, float]:
        """Return the means; rmse is the root of its mean."""
        found = {metric: _ratio(*sums.tolist()) for metric, sums in self._sums.items()}
        if "rmse" in found:
            found["rmse"] = math.sqrt(found["rmse"])
        return found


class OwnMeter(MeanMeter):
    """Means over valid pixels (or images) of what a user's task measures; NaN is left out."""

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch."""
        output, value, valid = output.float(), label.value, label.valid
        if not self.task.is_class:
            output, value = denormalise(self.task, output), denormalise(self.task, value)
        output = torch.where(valid[:, None], output, 0)
        value = torch.where(valid if self.task.is_class else valid[:, None], value, 0)
        measured = definition(self.task).measure(output, value, valid)
        for metric in self.task.metrics:
            if metric not in HIGHER_IS_BETTER:
                found = one_each(self.task, f"metric {metric}", measured.get(metric), valid)
                self._gather(metric, found[valid & ~found.isnan()])


class AngleMeter(Meter):
    """Angles in degrees between predicted and true normals: mean, median, share below 11.25.

    The median is that of a histogram, to a hundredth of a degree.
    """

    BINS = 18000

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._counts: Tensor | None = None
        self._total = 0.0
        self._within = 0.0

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch of (N, 3, H, W); outputs need not be of unit length."""
        predicted = F.normalize(denormalise(self.task, output.float()), dim=1)
        true = F.normalize(denormalise(self.task, label.value), dim=1)
        # |a - b| and |a + b| rather than an arc cosine, which loses half the digits near 0.
        apart, along = (predicted - true).norm(dim=1), (predicted + true).norm(dim=1)
        angles = (2 * torch.atan2(apart, along)).rad2deg()[label.valid]
        bins = (angles * (self.BINS / 180)).long().clamp_(0, self.BINS - 1)
        counts = torch.bincount(bins, minlength=self.BINS)
        self._counts = counts if self._counts is None else self._counts + counts
        self._total += float(angles.sum(dtype=torch.float64))
        self._within += float((angles < 11.25).sum())

    def values(self) -> dict[str, float]:
        """Return the three metrics."""
        if self._counts is None:
            return {}
        count = int(self._counts.sum())
        middle = int((self._counts.cumsum(0) * 2 < count).sum())
        return {
            "mean_angle": _ratio(self._total, count),
            "median_angle": (middle + 0.5) * 180 / self.BINS if count else math.nan,
            "share_11.25": _ratio(self._within, count),
        }


class ConfusionMeter(Meter):
    """miou and pixel_accuracy from the confusion matrix; accuracy for labels of images.

    The mean intersection over union is over the classes that occur, as a label or a prediction.
    """

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._matrix: Tensor | None = None

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch of logits (N, K, …), or of log-odds (N, 1)."""
        classes, true, guess = self.task.categories, label.value, output.argmax(1)
        if self.task.kind == "binary":
            true, guess = true[:, 0].long(), (output[:, 0] > 0).long()
        pairs = true[label.valid] * classes + guess[label.valid]
        counts = torch.bincount(pairs, minlength=classes**2).view(classes, classes)
        self._matrix = counts if self._matrix is None else self._matrix + counts

    def values(self) -> dict[str, float]:
        """Return the metrics of the task's kind."""
        if self._matrix is None:
            return {}
        matrix = self._matrix.double()
        right, union = matrix.diag(), matrix.sum(0) + matrix.sum(1) - matrix.diag()
        share = _ratio(float(right.sum()), float(matrix.sum()))
        if not self.task.dense or self.task.kind == "tags":
            return {"accuracy": share, "f1_macro": _f1_macro(matrix), "matthews": _matthews(matrix)}
        overlap = (right / union)[union > 0]
        return {"miou": float(overlap.mean()), "pixel_accuracy": share}


def _f1_macro(matrix: Tensor) -> float:
    """Return the mean over classes that occur, as a label or a guess, of their F1."""
    both = matrix.sum(0) + matrix.sum(1)
    return float((2 * matrix.diag() / both)[both > 0].mean())


def _matthews(matrix: Tensor) -> float:
    """Return the correlation of guesses and labels (Gorodkin 2004), 0 where one is constant."""
    total, right = float(matrix.sum()), float(matrix.diag().sum())
    true, guess = matrix.sum(1), matrix.sum(0)
    spread = (total**2 - float(guess @ guess)) * (total**2 - float(true @ true))
    return (right * total - float(true @ guess)) / math.sqrt(spread) if spread > 0 else 0.0


class Meters:
    """All the metrics a task asks for."""

    _KINDS: ClassVar[dict[str, type[Meter]]] = {
        **dict.fromkeys(("l1", "mae", "rmse", "abs_rel", "delta_1.25"), MeanMeter),
        **dict.fromkeys(SPLIT_METRICS, SplitMeter),
        **dict.fromkeys(("mean_angle", "median_angle", "share_11.25"), AngleMeter),
        **dict.fromkeys(
            ("miou", "pixel_accuracy", "accuracy", "f1_macro", "matthews"), ConfusionMeter
        ),
    }
    _TOLD: ClassVar[dict[str, Callable[[Task, Told], Meter]]] = {
        "f1_span": TagMeter,
        **dict.fromkeys(("squad_f1", "exact_match"), SpanMeter),
    }

    def __init__(self, task: Task, told: Told | None = None) -> None:
        self._task = task
        plain = [metric for metric in task.metrics if metric not in self._TOLD]
        kinds = dict.fromkeys(self._KINDS.get(metric, OwnMeter) for metric in plain)
        self._meters = [kind(task) for kind in kinds]
        if told is not None:
            further = dict.fromkeys(self._TOLD[m] for m in task.metrics if m in self._TOLD)
            self._meters += [kind(task, told) for kind in further]

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch."""
        for meter in self._meters:
            meter.add(output.detach(), label)

    def values(self) -> dict[str, float]:
        """Return the task's metrics, in its order."""
        found: dict[str, float] = {}
        for meter in self._meters:
            found.update(meter.values())
        return {metric: found[metric] for metric in self._task.metrics}


def _ratio(total: float, count: float) -> float:
    return total / count if count else math.nan
