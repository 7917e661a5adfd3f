"""The observer that takes a trace: along a training, its replay, or over weights it has kept.

After every epoch its rows go into a checkpoint of its own. A training that goes on from an epoch
finds there what the trace had seen until then.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from specbench.errors import TrainingError
from specbench.nets.network import Network
from specbench.training.checkpoint import load_checkpoint, save_checkpoint
from specbench.training.images import Batch, First, Images, open_split
from specbench.training.observe import Moment
from specbench.training.settings import Settings
from specbench.training.traces.cost import gradient_macs, look_ahead_macs
from specbench.training.traces.look_ahead import inner_products, step_ahead, summed
from specbench.training.traces.probe import Probe, When
from specbench.training.traces.rows import Rows
from specbench.training.traces.shadow import Shadow
from specbench.training.weights import source_of, tasks_of

CHECKPOINT = "trace.pt"
_BATCH = 32

Batches = Callable[[], Sequence[Batch] | Any]


class Tracer:
    """Takes the trace ``probe`` of the network of a job's ``content``.

    A row holds "epoch", "step", "rate", "loss" (tasks,), "inner" and "inner_weights" (tasks,
    tasks), and for every kind of look-ahead "after_<kind>" (sets, tasks): the loss of each task
    after a step along the gradients of a set of tasks (``Probe.sets``), heads unchanged. A loss is
    NaN where no label is valid; after a step along a single task its own loss is left out.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        probe: Probe,
        folders: Mapping[str, Path],
        work: Path,
        device: str,
    ) -> None:
        self._content, self.probe, self._work = content, probe, work
        self._settings = Settings.from_content(content["training"])
        self.tasks = tasks_of(content)
        self._shadow: Shadow | None = None
        self._images = None
        if probe.when is When.EPOCHS:
            source = source_of(content)
            data = open_split(self.tasks, folders, probe.split, source)
            last = self._settings.channels_last
            self._images = Images(First(data, probe.images), self.tasks, device, last, source)
        self._identity = {"network": dict(content), "probe": probe.content()}
        self.rows = Rows()
        self.epoch = 0
        self.seconds = {"gradients": 0.0, "look_aheads": 0.0}
        self.images = 0
        self.load()

    def load(self) -> None:
        """Take over the checkpoint, if there is one of this trace."""
        state = load_checkpoint(self._work, self._identity, CHECKPOINT)
        if state is not None:
            self.rows, self.epoch = Rows.from_state(state["rows"]), int(state["epoch"])
            self.seconds, self.images = dict(state["seconds"]), int(state["images"])

    @property
    def finished(self) -> bool:
        """Whether the trace has seen every epoch."""
        return self.epoch >= self._settings.epochs

    def resume(self, epoch: int) -> None:
        """Go on where the training does; TrainingError if the rows before are not there."""
        if self.epoch < epoch:
            raise TrainingError(f"the trace has seen {self.epoch} of the {epoch} epochs before")
        self.rows.cut(epoch)
        self.epoch = epoch

    def before_step(self, moment: Moment, batch: Batch) -> None:
        """Take a row on the training batch, where the probe asks for one."""
        if self.probe.when is When.STEPS and moment.step % self.probe.every == 0:
            self._take(moment, lambda: [batch], len(batch.images))

    def after_epoch(self, moment: Moment) -> None:
        """Take a row on the probe images, if the probe asks for one, and write the checkpoint."""
        images = self._images
        if images is not None:
            self._take(moment, lambda: images.batches(_BATCH), len(images))
        self.epoch = moment.epoch + 1
        state = {
            "rows": self.rows.state(),
            "epoch": self.epoch,
            "seconds": self.seconds,
            "images": self.images,
        }
        save_checkpoint(self._work, self._identity, state, CHECKPOINT)

    def _take(self, moment: Moment, batches: Batches, images: int) -> None:
        started = time.perf_counter()
        shadow = self._following(moment.network)
        losses, gradients = shadow.measure(batches())
        inner, inner_weights = inner_products(gradients)
        row: dict[str, Any] = {
            "epoch": moment.epoch,
            "step": moment.step,
            "rate": moment.rate,
            "loss": losses,
            "inner": inner,
            "inner_weights": inner_weights,
        }
        looked = time.perf_counter()
        for kind in self.probe.look_aheads:
            after = []
            for members in self.probe.sets(len(self.tasks)):
                along = summed(gradients, members)
                step_ahead(shadow, kind, along, moment, self._settings)
                after.append(shadow.losses(batches(), self.probe.targets(members, len(self.tasks))))
            row[f"after_{kind.value}"] = torch.stack(after)
        self.rows.add(row)
        self.images += images
        self.seconds["gradients"] += looked - started
        self.seconds["look_aheads"] += time.perf_counter() - looked

    def _following(self, network: Network) -> Shadow:
        if self._shadow is None:
            training = self.probe.when is When.STEPS
            self._shadow = Shadow(network, self.tasks, training=training)
        self._shadow.follow(network)
        return self._shadow

    def result(self) -> dict[str, Any]:
        """Return what the trace is and what it has cost, as JSON values."""
        network, tasks = self._content["network"], list(self.tasks.values())
        macs = {
            "gradients": self.images * gradient_macs(network, tasks),
            "look_aheads": self.images * look_ahead_macs(network, tasks, self.probe),
        }
        if self.probe.listed and not self.probe.groups:
            single = dataclasses.replace(self.probe, listed=())
            macs["single_look_aheads"] = self.images * look_ahead_macs(network, tasks, single)
        return {
            "tasks": list(self.tasks),
            "probe": self.probe.content(),
            "rows": len(self.rows),
            "images": self.images,
            "macs": macs,
            "seconds": self.seconds,
        }
