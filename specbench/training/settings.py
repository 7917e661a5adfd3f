"""How a network is trained, as the job's content says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specbench.training.methods.catalogue import METHODS

OPTIMISERS = ("sgd", "adamw")
SCHEDULES = ("constant", "cosine", "step", "plateau")
PRECISIONS = ("fp32", "bf16")
REDUCTIONS = ("sum", "mean", "pooled")


@dataclass(frozen=True)
class Settings:
    """The ``training`` part of a network's content; the spec holds the defaults."""

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    schedule: str
    warmup_steps: int
    """Steps over which the learning rate rises from 0, under any schedule."""
    precision: str
    channels_last: bool
    flip: bool
    reduction: str
    """``sum`` or ``mean`` of the weighted losses of the tasks, or ``pooled``: their mean, weighted
    by the samples of each that are in the batch."""
    method: str
    """How the losses of the tasks become one step (``specbench.training.methods``)."""
    momentum: float = 0.0
    """Of ``sgd``; AdamW reads none, and the content of its networks holds none."""
    step_epochs: int = 0
    """``step``: the learning rate is multiplied by ``step_factor`` after each so many epochs."""
    step_factor: float = 0.0
    patience: int = 0
    """``plateau``: halve after so many epochs without a lower sum of validation losses."""
    stop_after: int = 0
    """Epochs without a lower sum of validation losses after which training ends; 0 is never."""
    samples: int = 0
    """At most so many training samples, the first of the ids; 0 is all."""
    temperature: float = 1.0
    """Of tasks with texts of their own: 1 draws them in proportion to their number."""
    method_version: int = 0
    """Of any method but ``equal``, whose networks' content holds none."""
    method_settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What the method was told, every default filled in."""

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Settings:
        """Return the settings; ValueError, in one sentence, for what cannot be trained."""
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(content) - known)
        if unknown:
            raise ValueError(f"unknown training setting '{unknown[0]}'")
        unset = dataclasses.MISSING
        for field in dataclasses.fields(cls):
            needed = field.default is unset and field.default_factory is unset
            if needed and field.name not in content:
                raise ValueError(f"training setting '{field.name}' is missing")
        settings = cls(**content)
        settings._refuse_impossible()
        return settings

    def _refuse_impossible(self) -> None:
        for name, allowed in (
            ("optimizer", OPTIMISERS),
            ("schedule", SCHEDULES),
            ("precision", PRECISIONS),
            ("reduction", REDUCTIONS),
            ("method", tuple(METHODS)),
        ):
            if getattr(self, name) not in allowed:
                given = getattr(self, name)
                raise ValueError(f"training.{name} is '{given}', not one of {', '.join(allowed)}")
        read = {"step": ("step_epochs",), "plateau": ("patience",)}.get(self.schedule, ())
        for name in ("epochs", "batch_size", *read):
            if getattr(self, name) < 1:
                raise ValueError(f"training.{name} must be at least 1")
        if self.learning_rate <= 0 or self.warmup_steps < 0:
            raise ValueError("training.learning_rate must be positive, warmup_steps not negative")
