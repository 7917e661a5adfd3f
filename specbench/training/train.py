"""Training one network: epochs of steps, a validation and a checkpoint after each, a test.

A training that was cut short goes on from its last epoch; on a CPU it ends on the same bits as one
that was not. Random streams are named by what they are for (specbench.seeding): the nets of a seed
see the same images in the same order, flipped alike, whatever their tasks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from specbench.errors import TrainingError
from specbench.nets.cost import encoder_macs, encoder_reached, network_macs
from specbench.nets.network import Network
from specbench.seeding import numpy_stream
from specbench.tasks.catalogue import Task
from specbench.tasks.losses import LossSum, loss_sum
from specbench.training.checkpoint import load_checkpoint, save_checkpoint
from specbench.training.evaluate import Evaluation, autocast, evaluate
from specbench.training.images import Images, open_split
from specbench.training.memory import keep_freed_memory
from specbench.training.optimiser import make_optimiser, set_rate
from specbench.training.record import Record, metric_rows
from specbench.training.schedule import Schedule
from specbench.training.settings import Settings
from specbench.training.weights import State, copy_state, make_network, tasks_of

Report = Callable[[dict[str, Any]], None]
SPLITS = ("train", "val", "test")
VERSION = 1
"""Raise it when an unchanged content starts to train to another result."""
PASSES_OF_A_STEP = 3
"""Forward passes that a training step is worth: one forward, and backward about two."""
_TELL_EVERY = 0.5


class Trained(NamedTuple):
    """The result of a training, as JSON values, and the best epoch's weights."""

    result: dict[str, Any]
    best_state: State


def train(
    content: Mapping[str, Any],
    folders: Mapping[str, Path],
    work: Path,
    device: str,
    report: Report,
) -> Trained:
    """Train the network of a job's ``content``, resuming from ``work`` where it was cut short.

    ``folders`` maps domains to packed folders and ``"ids"`` to the folder of ``<split>.ids``.
    ``report`` takes {"epoch", "epochs", "loss", "images"} about twice a second, and after each
    epoch the same with "losses", the validation losses by task. Raises TrainingError where a loss
    is not finite, ValueError where the content cannot be trained, DataError for missing data.
    """
    tasks = tasks_of(content)
    source = content["data"].get("input", "rgb")
    data = {split: open_split(tasks, folders, split, source) for split in SPLITS}
    return Training(content, data, work, device, report).run()


class Training:
    """One training on opened data sets, by split; see ``train``."""

    def __init__(
        self,
        content: Mapping[str, Any],
        data: Mapping[str, Any],
        work: Path,
        device: str,
        report: Report,
    ) -> None:
        if device == "cpu":
            # One thread a process: reductions then have one order, and two processes beat two
            # threads.
            torch.set_num_threads(1)
            keep_freed_memory()
        self.content, self.work, self.report = content, work, report
        self.seed = int(content["seed"])
        self.device = torch.device(device)
        self.settings = Settings.from_content(content["training"])
        self.tasks: dict[str, Task] = tasks_of(content)
        self.images = {split: self._images(data[split]) for split in SPLITS}
        self.network = self._network()
        self.optimiser = make_optimiser(self.settings, self.network.parameters())
        self.schedule = Schedule(self.settings, self._steps())
        self.record = Record()
        self.epoch = 0
        self._told = 0.0

    def _images(self, data: Any) -> Images:
        source = self.content["data"].get("input", "rgb")
        return Images(data, self.tasks, self.device, self.settings.channels_last, source)

    def _network(self) -> Network:
        network = make_network(self.content)
        if self.settings.channels_last:
            network.to(memory_format=torch.channels_last)
        return network.to(self.device)

    def run(self) -> Trained:
        """Train what is left, then test the best epoch."""
        self._resume()
        while self.epoch < self.settings.epochs:
            self._train_epoch()
            self._end_epoch()
        return self._finish()

    def _resume(self) -> None:
        state = load_checkpoint(self.work, self.content)
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.restore(state["schedule"])
        self.record = Record(**state["record"])
        self.epoch = int(state["epoch"])

    def _checkpoint(self) -> None:
        state = {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state(),
            "record": self.record.state(),
        }
        save_checkpoint(self.work, self.content, state)

    def _steps(self) -> int:
        # A last batch of a few images would upset the batch statistics, so it is left out.
        return max(1, len(self.images["train"]) // self.settings.batch_size)

    def _train_epoch(self) -> None:
        order = numpy_stream(self.seed, "order", self.epoch).permutation(len(self.images["train"]))
        flipped = self._flipped(len(order))
        sums = torch.zeros((len(self.tasks), 2), dtype=torch.float64, device=self.device)
        size, steps = self.settings.batch_size, self._steps()
        self.network.train()
        started = time.perf_counter()
        for step in range(steps):
            chosen = order[step * size : (step + 1) * size]
            losses = self._step(self.epoch * steps + step, chosen, flipped)
            sums += torch.stack([torch.stack([s.total.double(), s.valid.double()]) for s in losses])
            self.record.images += len(chosen)
            self._tell(sums)
        means = self._means(sums)
        self.record.seconds += time.perf_counter() - started
        self.record.add_training(self.epoch, means)

    def _flipped(self, count: int) -> npt.NDArray[np.bool_] | None:
        """Return which of the training images are mirrored this epoch."""
        if not self.settings.flip:
            return None
        return numpy_stream(self.seed, "flip", self.epoch).random(count) < 0.5

    def _step(
        self,
        step: int,
        chosen: npt.NDArray[np.intp],
        flipped: npt.NDArray[np.bool_] | None,
    ) -> list[LossSum]:
        """Take one optimiser step and return each task's loss before it."""
        set_rate(self.optimiser, self.schedule.rate(step))
        mirrored = None if flipped is None else flipped[chosen]
        batch = self.images["train"].batch(chosen, mirrored)
        self.optimiser.zero_grad(set_to_none=True)
        with autocast(self.device, self.settings.precision):
            outputs = self.network(batch.images)
        losses = [
            loss_sum(task, outputs[name], batch.labels[name]) for name, task in self.tasks.items()
        ]
        self._joined(losses).backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return [LossSum(loss.total.detach(), loss.valid) for loss in losses]

    def _joined(self, losses: list[LossSum]) -> Tensor:
        """Return the weighted sum, or mean, of the tasks' mean losses."""
        weights = (task.weight for task in self.tasks.values())
        weighted = [weight * loss.mean() for weight, loss in zip(weights, losses, strict=True)]
        joined = torch.stack(weighted).sum()
        return joined / len(losses) if self.settings.reduction == "mean" else joined

    def _means(self, sums: Tensor) -> dict[str, float]:
        """Return each task's running mean; TrainingError where one is not finite."""
        means = {
            name: total / valid if valid else 0.0
            for name, (total, valid) in zip(self.tasks, sums.tolist(), strict=True)
        }
        self._refuse_infinite(means, "training")
        return means

    def _refuse_infinite(self, losses: Mapping[str, float], what: str) -> None:
        for name, loss in losses.items():
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the {what} loss of task {name} is {loss} in epoch {self.epoch}",
                    "try a lower training.learning_rate or some training.warmup_steps",
                )

    def _tell(self, sums: Tensor) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            self.report(self._news(sum(self._means(sums).values())))

    def _news(self, loss: float) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "epochs": self.settings.epochs,
            "loss": loss,
            "images": self.record.images,
        }

    def _evaluate(self, split: str) -> dict[str, Evaluation]:
        size, precision = self.settings.batch_size, self.settings.precision
        evaluations = evaluate(self.network, self.images[split], self.tasks, size, precision)
        losses = {name: evaluation.loss for name, evaluation in evaluations.items()}
        self._refuse_infinite(losses, "test" if split == "test" else "validation")
        return evaluations

    def _end_epoch(self) -> None:
        evaluations = self._evaluate("val")
        validation = self.record.add_validation(self.epoch, evaluations)
        if self.record.is_best(validation):
            self.record.best_epoch, self.record.best_loss = self.epoch, validation
            self.record.best_state = copy_state(self.network)
        self.schedule.end_epoch(validation)
        self.epoch += 1
        self._checkpoint()
        losses = {name: evaluation.loss for name, evaluation in evaluations.items()}
        self.report({**self._news(validation), "losses": losses})

    def _finish(self) -> Trained:
        self.network.load_state_dict(self.record.best_state)
        evaluations = {split: self._evaluate(split) for split in ("val", "test")}
        network, record = self.content["network"], self.record
        macs = network_macs(network, self.tasks.values())
        result = {
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "macs": macs,
            "training_macs": PASSES_OF_A_STEP * macs * record.images,
            "encoder_macs": encoder_macs(network),
            "capacity_reached": encoder_reached(network).capacity,
            "images_per_second": record.images / max(record.seconds, 1e-9),
            "best_epoch": record.best_epoch,
            "losses": record.losses(evaluations),
            "metrics": metric_rows(evaluations),
            "curves": record.curves,
            "metric_curves": record.metric_curves,
        }
        return Trained(result, record.best_state)
