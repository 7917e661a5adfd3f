"""Training one network: epochs of steps, a validation and a checkpoint after each, a test.

A training that was cut short goes on from its last epoch; on a CPU it ends on the same bits as one
that was not. Random streams are named by what they are for (specbench.seeding): the nets of a seed
see the same images in the same order, flipped alike, whatever their tasks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from specbench.errors import TrainingError
from specbench.nets.cost import encoder_macs, encoder_reached, network_macs
from specbench.seeding import numpy_stream
from specbench.tasks.inject import input_channels, partner_of
from specbench.tasks.losses import LossSum
from specbench.training.checkpoint import load_checkpoint, save_checkpoint
from specbench.training.evaluate import Evaluation, evaluate
from specbench.training.images import Batch, Gatherable, Images, open_split
from specbench.training.learner import Learner
from specbench.training.memory import keep_freed_memory
from specbench.training.methods.cost import step_macs
from specbench.training.methods.log import Log
from specbench.training.observe import Moment, Observer
from specbench.training.record import Record, metric_rows
from specbench.training.settings import Settings
from specbench.training.weights import (
    State,
    copy_state,
    source_of,
    tasks_of,
)

Report = Callable[[dict[str, Any]], None]
SPLITS = ("train", "val", "test")
_TELL_EVERY = 0.5


class Trained(NamedTuple):
    """The result of a training, as JSON values, the best epoch's weights, its method's log."""

    result: dict[str, Any]
    best_state: State
    log: Log


def train(
    content: Mapping[str, Any],
    folders: Mapping[str, Path],
    work: Path,
    device: str,
    report: Report,
    observers: Sequence[Observer] = (),
) -> Trained:
    """Train the network of a job's ``content``, resuming from ``work`` where it was cut short.

    ``folders`` maps domains to packed folders and ``"ids"`` to the folder of ``<split>.ids``.
    ``report`` takes {"epoch", "epochs", "loss", "images"} about twice a second, and after each
    epoch the same with "losses", the validation losses by task. ``observers`` look on and change
    nothing (``specbench.training.observe``). Raises TrainingError where a loss
    is not finite, ValueError where the content cannot be trained, DataError for missing data.
    """
    tasks, partner, source = tasks_of(content), partner_of(content), source_of(content)
    read = {**tasks, partner.name: partner} if partner else tasks
    data = {split: open_split(read, folders, split, source) for split in SPLITS}
    return Training(content, data, work, device, report, observers).run()


class Training:
    """One training on opened data sets, by split; see ``train``."""

    def __init__(
        self,
        content: Mapping[str, Any],
        data: Mapping[str, Gatherable],
        work: Path,
        device: str,
        report: Report,
        observers: Sequence[Observer] = (),
    ) -> None:
        if device == "cpu":
            # One thread a process: sums then have one order, and two processes beat two threads.
            torch.set_num_threads(1)
            keep_freed_memory()
        self.content, self.work, self.report = content, work, report
        self.observers = observers
        self.device = torch.device(device)
        self.settings = Settings.from_content(content["training"])
        self.tasks = tasks_of(content)
        how = (self.device, self.settings.channels_last, source_of(content), partner_of(content))
        self.images = {split: Images(data[split], self.tasks, *how) for split in SPLITS}
        # A last batch of a few images would upset the batch statistics, so it is left out.
        self.steps = max(1, len(data["train"]) // self.settings.batch_size)
        self.learner = Learner(content, self.settings, self.tasks, self.device, self.steps)
        self.record = Record()
        self.epoch = 0
        self._told = 0.0

    def run(self) -> Trained:
        """Train what is left, then test the best epoch."""
        state = load_checkpoint(self.work, self.content)
        if state is not None:
            self.learner.restore(state["learner"])
            self.record = Record(**state["record"])
            self.epoch = int(state["epoch"])
        for observer in self.observers:
            observer.resume(self.epoch)
        while self.epoch < self.settings.epochs:
            self._train_epoch()
            self._end_epoch()
        return self._finish()

    def _train_epoch(self) -> None:
        seed, count = int(self.content["seed"]), len(self.images["train"])
        order = numpy_stream(seed, "order", self.epoch).permutation(count)
        flipped = numpy_stream(seed, "flip", self.epoch).random(count) < 0.5
        sums = torch.zeros((len(self.tasks), 2), dtype=torch.float64, device=self.device)
        self.learner.network.train()
        observed = 0.0
        started = time.perf_counter()
        for step in range(self.steps):
            chosen = order[step * self.settings.batch_size :][: self.settings.batch_size]
            mirrored = flipped[chosen] if self.settings.flip else None
            batch = self.images["train"].batch(chosen, mirrored)
            observed += self._observe_step(self.epoch * self.steps + step, batch)
            sums += _stacked(self.learner.step(self.epoch * self.steps + step, batch))
            self.record.images += len(chosen)
            self._tell(sums)
        means = self._means(sums)
        self.record.seconds += time.perf_counter() - started - observed
        self.record.add_training(self.epoch, means)

    def _observe_step(self, step: int, batch: Batch) -> float:
        """Let the observers see a step about to be taken; return the seconds they took."""
        if not self.observers:
            return 0.0
        started = time.perf_counter()
        moment = self._moment(step)
        for observer in self.observers:
            observer.before_step(moment, batch)
        return time.perf_counter() - started

    def _moment(self, step: int) -> Moment:
        learner = self.learner
        rate = learner.schedule.rate(step)
        return Moment(self.epoch, step, rate, learner.network, learner.optimiser)

    def _end_epoch(self) -> None:
        # Before the checkpoint, so that what an observer keeps is never behind the training.
        for observer in self.observers:
            observer.after_epoch(self._moment((self.epoch + 1) * self.steps - 1))
        evaluations = self._evaluate("val")
        validation = self.record.add_validation(self.epoch, evaluations)
        if self.record.is_best(validation):
            self.record.best_epoch, self.record.best_loss = self.epoch, validation
            self.record.best_state = copy_state(self.learner.network)
        self.learner.schedule.end_epoch(validation)
        self.epoch += 1
        state = {
            "epoch": self.epoch,
            "learner": self.learner.state(),
            "record": self.record.state(),
        }
        save_checkpoint(self.work, self.content, state)
        losses = {name: evaluation.loss for name, evaluation in evaluations.items()}
        self.report({**self._news(validation), "losses": losses})

    def _means(self, sums: Tensor) -> dict[str, float]:
        """Return each task's running mean; TrainingError where one is not finite."""
        means = {
            name: total / valid if valid else 0.0
            for name, (total, valid) in zip(self.tasks, sums.tolist(), strict=True)
        }
        self._refuse_infinite(means, "training")
        return means

    def _evaluate(self, split: str) -> dict[str, Evaluation]:
        network, settings = self.learner.network, self.settings
        images = self.images[split]
        found = evaluate(network, images, self.tasks, settings.batch_size, settings.precision)
        self._refuse_infinite({name: evaluation.loss for name, evaluation in found.items()}, split)
        return found

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
        epochs, images = self.settings.epochs, self.record.images
        return {"epoch": self.epoch, "epochs": epochs, "loss": loss, "images": images}

    def _step_macs(self) -> int:
        content, tasks = self.content, list(self.tasks.values())
        return step_macs(content["network"], tasks, content["training"], input_channels(content))

    def _finish(self) -> Trained:
        self.learner.network.load_state_dict(self.record.best_state)
        evaluations = {split: self._evaluate(split) for split in ("val", "test")}
        network, record = self.content["network"], self.record
        channels = input_channels(self.content)
        macs = network_macs(network, self.tasks.values(), channels)
        result = {
            "parameters": sum(part.numel() for part in self.learner.network.parameters()),
            "macs": macs,
            "encoder_macs": encoder_macs(network, channels),
            "training_macs": record.images * self._step_macs(),
            "capacity_reached": encoder_reached(network).capacity,
            "images_per_second": record.images / max(record.seconds, 1e-9),
            "best_epoch": record.best_epoch,
            "losses": record.losses(evaluations),
            "metrics": metric_rows(evaluations),
            "curves": record.curves,
            "metric_curves": record.metric_curves,
        }
        log = self.learner.method.log
        if len(log):
            result["method_log"] = log.means()
        return Trained(result, record.best_state, log)


def _stacked(losses: list[LossSum]) -> Tensor:
    return torch.stack([torch.stack([each.total.double(), each.valid.double()]) for each in losses])
