"""What may look on while a network is trained, and what it is shown.

An observer computes on copies. The training's weights, batch statistics, random streams and losses
are bit for bit those of a training that nobody looks on.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import torch

from specbench.nets.network import Network
from specbench.training.images import Batch


class Moment(NamedTuple):
    """Where a training stands."""

    epoch: int
    """Counted from 0."""
    step: int
    """The step about to be taken, or after an epoch the last one of it, from 0 over all epochs."""
    rate: float
    """Learning rate of that step."""
    network: Network
    """Before the step, or at the end of the epoch; not to be changed."""
    optimiser: torch.optim.Optimizer | None
    """Its state at that time, not to be changed; None where only the weights are known."""


class Observer(Protocol):
    """Looks on at a training."""

    def resume(self, epoch: int) -> None:
        """Get ready for a training that has finished ``epoch`` epochs before."""

    def before_step(self, moment: Moment, batch: Batch) -> None:
        """See a step about to be taken on ``batch``."""

    def after_epoch(self, moment: Moment) -> None:
        """See the end of an epoch, before the training's checkpoint is written."""


class Guarded:
    """Makes an observer and passes on to it until it fails.

    A training never fails by those who look on. ``seconds`` is the time the observer has taken.
    """

    def __init__(self, make: Callable[[], Observer]) -> None:
        self._make = make
        self._observer: Observer | None = None
        self.seconds = 0.0

    def resume(self, epoch: int) -> None:
        """Make the observer and pass on."""
        with self._guarding():
            observer = self._make()
            observer.resume(epoch)
            self._observer = observer

    def before_step(self, moment: Moment, batch: Batch) -> None:
        """Pass on."""
        with self._guarding():
            if self._observer is not None:
                self._observer.before_step(moment, batch)

    def after_epoch(self, moment: Moment) -> None:
        """Pass on."""
        with self._guarding():
            if self._observer is not None:
                self._observer.after_epoch(moment)

    @contextmanager
    def _guarding(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except Exception:
            print("an observer of the training failed and is dropped:", flush=True)
            traceback.print_exc()
            self._observer = None
        self.seconds += time.perf_counter() - started
