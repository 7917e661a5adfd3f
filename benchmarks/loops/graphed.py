"""Networks side by side on a GPU, the step of each recorded once as a CUDA graph.

A small network asks for hundreds of small pieces of work at every step, and asking takes longer
than doing. A graph asks once. All graphs read one batch, in memory that stays where it is; each is
played in a queue of its own. Not part of the program: here to tell whether it should be.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from loops import ours
from loops.setting import Setting
from torch import Tensor

from specbench.tasks.labels import Label
from specbench.training.forward import forward, weighted
from specbench.training.images import Batch
from specbench.training.together import shared_stream
from specbench.training.train import Training

_WARM_STEPS = 3


class Graphed:
    """One training, its step a graph over ``batch``."""

    def __init__(self, training: Training, batch: Batch) -> None:
        self.training, self._batch = training, batch
        self._network = training.learner.network.train()
        self._optimiser = torch.optim.AdamW(
            self._network.parameters(),
            lr=training.settings.learning_rate,
            weight_decay=training.settings.weight_decay,
            fused=True,
            capturable=True,
        )
        self._queue = torch.cuda.Stream()
        before = {name: t.clone() for name, t in self._network.state_dict().items()}
        self._queue.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._queue):
            for _ in range(_WARM_STEPS):
                self._step()
        torch.cuda.current_stream().wait_stream(self._queue)
        # Memory stays where it is: values go back to what they were before warming up.
        with torch.no_grad():
            for name, tensor in self._network.state_dict().items():
                tensor.copy_(before[name])
            for state in self._optimiser.state.values():
                for value in state.values():
                    value.zero_()
        self._graph = torch.cuda.CUDAGraph()
        self._optimiser.zero_grad(set_to_none=True)
        with torch.cuda.graph(self._graph, stream=self._queue):
            self._step()

    def _step(self) -> None:
        training = self.training
        self._optimiser.zero_grad(set_to_none=True)
        precision = training.settings.precision
        losses = forward(self._network, training.tasks, self._batch, precision)
        torch.stack(weighted(training.tasks, losses)).sum().backward()
        self._optimiser.step()

    def play(self) -> None:
        """Take a step on what is in the batch now, after what was queued before."""
        self._queue.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._queue):
            self._graph.replay()

    def wait(self) -> None:
        """Let what follows come after the step."""
        torch.cuda.current_stream().wait_stream(self._queue)


def train(setting: Setting, networks: list[dict[str, Any]], together: int) -> list[float]:
    """Train ``together`` networks at a time; return each one's final validation loss."""
    data, losses = ours.prepare(setting), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(networks), together):
            trainings = [
                Training(content, data, Path(folder) / str(start + i), "cuda", lambda news: None)
                for i, content in enumerate(networks[start : start + together])
            ]
            losses += _train(trainings, data["train"], setting.epochs)
    return losses


def _train(trainings: list[Training], data: Any, epochs: int) -> list[float]:
    stream = shared_stream(trainings, data)
    static = next(iter(stream.epoch(0)))
    graphs = [Graphed(training, static) for training in trainings]
    for epoch in range(epochs):
        for batch in stream.epoch(epoch):
            _copy(batch, static)
            for graph in graphs:
                graph.play()
            for graph in graphs:
                graph.wait()
    return [
        sum(found.loss for found in training._evaluate("val").values()) for training in trainings
    ]


def _copy(batch: Batch, static: Batch) -> None:
    static.images.copy_(batch.images)
    for name, label in batch.labels.items():
        kept: Label = static.labels[name]
        pairs: tuple[tuple[Tensor, Tensor], ...] = tuple(zip(kept, label, strict=True))
        for old, new in pairs:
            old.copy_(new)
