"""How a network is trained, as the job's content says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OPTIMISERS = ("sgd", "adamw")
SCHEDULES = ("constant", "cosine", "step", "plateau")
PRECISIONS = ("fp32", "bf16")
REDUCTIONS = ("sum", "mean")
METHODS = ("equal",)


@dataclass(frozen=True)
class Settings:
    """The ``training`` part of a network's content; a default stands for what it leaves out."""

    epochs: int
    batch_size: int
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    schedule: str = "plateau"
    warmup_steps: int = 0
    """Steps over which the learning rate rises from 0, under any schedule."""
    step_epochs: int = 10
    """``step``: the learning rate is multiplied by ``step_factor`` after each so many epochs."""
    step_factor: float = 0.1
    patience: int = 3
    """``plateau``: halve after so many epochs without a lower sum of validation losses."""
    precision: str = "fp32"
    channels_last: bool = True
    flip: bool = True
    reduction: str = "sum"
    """``sum`` or ``mean`` of the weighted losses of the tasks."""
    method: str = "equal"

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Settings:
        """Return the settings; ValueError, in one sentence, for what cannot be trained."""
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(content) - known)
        if unknown:
            raise ValueError(f"unknown training setting '{unknown[0]}'")
        settings = cls(**{key: value for key, value in content.items() if value is not None})
        settings._refuse_impossible()
        return settings

    def _refuse_impossible(self) -> None:
        for name, allowed in (
            ("optimizer", OPTIMISERS),
            ("schedule", SCHEDULES),
            ("precision", PRECISIONS),
            ("reduction", REDUCTIONS),
            ("method", METHODS),
        ):
            if getattr(self, name) not in allowed:
                given = getattr(self, name)
                raise ValueError(f"training.{name} is '{given}', not one of {', '.join(allowed)}")
        for name in ("epochs", "batch_size", "step_epochs", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"training.{name} must be at least 1")
        if self.learning_rate <= 0 or self.warmup_steps < 0:
            raise ValueError("training.learning_rate must be positive, warmup_steps not negative")
