"""Training one network: epochs of steps, a validation and a checkpoint after each, a test.

A training that was cut short goes on from its last checkpoint; on a CPU it ends on the same bits as
one that was not. Random streams are named by what they are for (specbench.seeding): the nets of a
seed see the same images in the same order, flipped alike, whatever their tasks.
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
from specbench.tasks.inject import input_channels
from specbench.tasks.losses import LossSum
from specbench.training.checkpoint import Pace, load_checkpoint
from specbench.training.evaluate import Evaluation, evaluate
from specbench.training.feed import SPLITS, Opened, open_splits, samples_of, stream_of
from specbench.training.images import Batch
from specbench.training.learner import Learner, trains_head_only
from specbench.training.memory import keep_freed_memory
from specbench.training.methods.cost import step_macs
from specbench.training.methods.log import Log
from specbench.training.observe import Moment, Observer
from specbench.training.record import Record, metric_rows
from specbench.training.settings import Settings
from specbench.training.text import Texts
from specbench.training.weights import (
    State,
    copy_state,
    tasks_of,
)

__all__ = ["SPLITS", "Trained", "Training", "open_splits", "train"]

Report = Callable[[dict[str, Any]], None]
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
    data = open_splits([content], folders, device)
    return Training(content, data, work, device, report, observers).run()


class Training:
    """One training on opened data sets, by split; see ``train``.

    ``start`` are the weights whose encoder it starts from, where its content names some.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        data: Mapping[str, Opened],
        work: Path,
        device: str,
        report: Report,
        observers: Sequence[Observer] = (),
        start: State | None = None,
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
        self.images = samples_of(content, data, self.tasks, self.device, self.settings)
        self.stream = stream_of(self.images["train"], self.settings, int(content["seed"]))
        steps = self.stream.steps
        self.learner = Learner(content, self.settings, self.tasks, self.device, steps, start)
        self.record = Record()
        self.epoch = 0
        weights = sum(each.nbytes for each in self.learner.network.parameters())
        # The weights, their best, and up to two moments of each.
        self._pace = Pace(4 * weights)
        self.network = counted(content["network"], self.images["train"])
        """The network as its multiply-adds are counted."""
        self.macs = network_macs(self.network, self.tasks.values(), input_channels(content))
        """Multiply-adds of one image."""
        self.watched = 0.0
        """Seconds that observers have taken."""
        self._step, self._told = 0, 0.0
        self._sums = torch.zeros(0)

    def run(self) -> Trained:
        """Train what is left, then test the best epoch."""
        self.resume()
        while not self.ended:
            self.begin_epoch()
            watched, started = self.watched, time.perf_counter()
            for batch in self.stream.epoch(self.epoch):
                self.take(batch)
            self.end_epoch(time.perf_counter() - started - (self.watched - watched))
        return self.finish()

    @property
    def ended(self) -> bool:
        """Whether the last epoch is over, or the validation losses have not improved for long."""
        stop, waited = self.settings.stop_after, self.epoch - 1 - self.record.best_epoch
        return self.epoch >= self.settings.epochs or bool(stop and self.epoch and waited >= stop)

    def resume(self) -> None:
        """Go on from where a training of the same content was cut short, if one was."""
        state = load_checkpoint(self.work, self.content)
        if state is not None:
            self.learner.restore(state["learner"])
            self.record = Record(**state["record"])
            self.epoch = int(state["epoch"])
        for observer in self.observers:
            observer.resume(self.epoch)

    def begin_epoch(self) -> None:
        """Get ready for the batches of an epoch."""
        self._step = self.epoch * self.stream.steps
        self._sums = torch.zeros((len(self.tasks), 2), dtype=torch.float64, device=self.device)
        self.learner.network.train()

    def take(self, batch: Batch) -> None:
        """Take the next step of the epoch, on ``batch``."""
        self._observe_step(batch)
        self._sums += _stacked(self.learner.step(self._step, batch))
        self._step += 1
        self.record.images += len(batch.images)
        self._tell()

    def _observe_step(self, batch: Batch) -> None:
        """Let the observers see a step about to be taken."""
        if self.observers:
            started = time.perf_counter()
            moment = self._moment(self._step)
            for observer in self.observers:
                observer.before_step(moment, batch)
            self.watched += time.perf_counter() - started

    def _moment(self, step: int) -> Moment:
        learner = self.learner
        rate = learner.schedule.rate(step)
        return Moment(self.epoch, step, rate, learner.network, learner.optimiser)

    def end_epoch(self, seconds: float) -> None:
        """Validate and write a checkpoint if due; ``seconds`` is what the epoch's steps took."""
        means = self._means()
        self.record.seconds += seconds
        self.record.add_training(self.epoch, means)
        # Before the checkpoint, so that what an observer keeps is never behind the training.
        for observer in self.observers:
            observer.after_epoch(self._moment(self._step - 1))
        evaluations = self._evaluate("val")
        validation = self.record.add_validation(self.epoch, evaluations)
        if self.record.is_best(validation):
            self.record.best_epoch, self.record.best_loss = self.epoch, validation
            self.record.best_state = copy_state(self.learner.network)
        self.learner.schedule.end_epoch(validation)
        self.epoch += 1
        if self._pace.due():
            state = {
                "epoch": self.epoch,
                "learner": self.learner.state(),
                "record": self.record.state(),
            }
            self._pace.save(self.work, self.content, state)
        losses = {name: evaluation.loss for name, evaluation in evaluations.items()}
        self.report({**self._news(validation), "losses": losses})

    def _means(self) -> dict[str, float]:
        """Return each task's mean in this epoch; TrainingError where one is not finite."""
        means = {
            name: total / valid if valid else 0.0
            for name, (total, valid) in zip(self.tasks, self._sums.tolist(), strict=True)
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

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            self.report(self._news(sum(self._means().values())))

    def _news(self, loss: float) -> dict[str, Any]:
        epochs, images = self.settings.epochs, self.record.images
        return {"epoch": self.epoch, "epochs": epochs, "loss": loss, "images": images}

    def _step_macs(self) -> int:
        content, tasks = self.content, list(self.tasks.values())
        channels, frozen = input_channels(content), trains_head_only(content)
        return step_macs(self.network, tasks, content["training"], channels, frozen=frozen)

    def finish(self) -> Trained:
        """Test the best epoch."""
        self.learner.network.load_state_dict(self.record.best_state)
        evaluations = {split: self._evaluate(split) for split in ("val", "test")}
        network, record = self.network, self.record
        channels = input_channels(self.content)
        result = {
            "parameters": sum(part.numel() for part in self.learner.network.parameters()),
            "macs": self.macs,
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


def counted(network: Mapping[str, Any], samples: object) -> Mapping[str, Any]:
    """Return the network's description with the length that multiply-adds are counted for.

    Of texts the mean of those trained on.
    """
    if not isinstance(samples, Texts):
        return network
    return {**network, "texts": {**network["texts"], "length": samples.mean_length}}


def _stacked(losses: list[LossSum]) -> Tensor:
    return torch.stack([torch.stack([each.total.double(), each.valid.double()]) for each in losses])
