"""The learning rate: a function of the step; ``plateau`` also reads the validation losses."""

from __future__ import annotations

import math
from typing import Any

from specbench.training.settings import Settings


class Schedule:
    """The learning rate of every step of a training of ``steps_per_epoch`` steps an epoch."""

    def __init__(self, settings: Settings, steps_per_epoch: int) -> None:
        self._settings = settings
        self._per_epoch = steps_per_epoch
        self._halvings = 0
        self._best = math.inf
        self._waited = 0

    def rate(self, step: int) -> float:
        """Return the learning rate of ``step``, counted from 0 over the whole training."""
        settings = self._settings
        rising = min(1.0, (step + 1) / (settings.warmup_steps + 1))
        return settings.learning_rate * rising * self._factor(step)

    def _factor(self, step: int) -> float:
        settings = self._settings
        if settings.schedule == "cosine":
            done = step / (settings.epochs * self._per_epoch)
            return (1 + math.cos(math.pi * done)) / 2
        if settings.schedule == "step":
            epochs: int = step // self._per_epoch
            return float(settings.step_factor ** (epochs // settings.step_epochs))
        return 0.5**self._halvings

    def end_epoch(self, validation: float) -> None:
        """Take an epoch's sum of validation losses; ``plateau`` halves where it stays high."""
        if self._settings.schedule != "plateau":
            return
        if validation < self._best:
            self._best, self._waited = validation, 0
            return
        self._waited += 1
        if self._waited >= self._settings.patience:
            self._halvings, self._waited = self._halvings + 1, 0

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` needs to go on from here."""
        return {"halvings": self._halvings, "best": self._best, "waited": self._waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        self._halvings, self._best = int(state["halvings"]), float(state["best"])
        self._waited = int(state["waited"])
