"""Trains networks of one seed side by side, on one stream of batches.

A small network cannot fill a GPU. Each batch is gathered once and given to every network in turn;
on a GPU every network works in a queue of its own, so that the device can do what several of them
ask for at once. Each network does the arithmetic that it does alone: on a CPU it ends on the same
bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import torch

from specbench.training.feed import Opened, samples_of, stream_of
from specbench.training.stream import Stream
from specbench.training.text import TextStream
from specbench.training.train import Trained, Training


def train_together(
    trainings: Sequence[Training], stream: Stream | TextStream
) -> list[Trained | Exception]:
    """Train all to their end, from where each was cut short; return what became of each, in order.

    The trainings have the seed and the settings of ``stream``, which gives the labels of all their
    tasks. One that fails is left out from then on, and its exception stands in its place. The
    seconds of an epoch are shared out by multiply-adds.
    """
    members = [_Member(training) for training in trainings]
    for member in members:
        member.do(member.training.resume)
    for epoch in range(max(member.training.settings.epochs for member in members)):
        now = [m for m in members if m.runs and not m.training.ended and m.training.epoch == epoch]
        if now:
            _epoch(now, stream, epoch)
    return [member.finish() for member in members]


def shared_stream(trainings: Sequence[Training], data: Opened) -> Stream | TextStream:
    """Return the batches of trainings on ``data``, with the labels of all their tasks.

    Of networks that are fed a partner's label there can be only one.
    """
    first = trainings[0]
    if len(trainings) == 1:
        return first.stream
    if any(training.content["injected"] for training in trainings):
        raise ValueError("networks that read a label beside the image are trained alone")
    tasks = {name: task for training in trainings for name, task in training.tasks.items()}
    settings = first.settings
    samples = samples_of(first.content, {"train": data}, tasks, first.device, settings)
    return stream_of(samples["train"], settings, int(first.content["seed"]))


def _epoch(members: Sequence[_Member], stream: Stream | TextStream, epoch: int) -> None:
    for member in members:
        member.do(member.training.begin_epoch)
    watched = sum(member.training.watched for member in members)
    started = time.perf_counter()
    for batch in stream.epoch(epoch):
        for member in members:
            member.queue(partial(member.training.take, batch))
    for member in members:
        member.wait()
    watched = sum(member.training.watched for member in members) - watched
    seconds = time.perf_counter() - started - watched
    work = sum(member.training.macs for member in members)
    for member in members:
        share = seconds * member.training.macs / work
        member.do(partial(member.training.end_epoch, share))


class _Member:
    """One of the networks: does what it is told until something fails."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.failed: Exception | None = None
        on_gpu = training.device.type == "cuda"
        self._queue = torch.cuda.Stream() if on_gpu else None  # type: ignore[no-untyped-call]

    @property
    def runs(self) -> bool:
        return self.failed is None

    def do(self, act: Callable[[], object]) -> None:
        """Do something unless something has failed before."""
        if self.failed is None:
            try:
                act()
            except Exception as error:
                self.failed = error

    def queue(self, act: Callable[[], object]) -> None:
        """Do a step; on a GPU in this network's own queue, after what made its batch."""
        with self._in_queue():
            self.do(act)

    def wait(self) -> None:
        """Let what follows come after all that was queued."""
        if self._queue is not None:
            torch.cuda.current_stream().wait_stream(self._queue)
            self._queue.synchronize()

    def finish(self) -> Trained | Exception:
        """Return the result, or what failed."""
        found: list[Trained] = []
        self.do(lambda: found.append(self.training.finish()))
        return self.failed or found[0]

    def _in_queue(self) -> AbstractContextManager[object]:
        if self._queue is None:
            return nullcontext()
        self._queue.wait_stream(torch.cuda.current_stream())
        return torch.cuda.stream(self._queue)
