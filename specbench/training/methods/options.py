"""What each training method can be told, its tables under ``training.method_settings``.

The metadata of a field bound its value: ``least`` and ``most`` are allowed themselves, ``above``
is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Nothing:
    """For a method without settings."""


@dataclass(frozen=True)
class Dwa:
    """Settings of dynamic weight average."""

    temperature: float = field(default=2.0, metadata={"above": 0})
    """The larger, the more equal the weights; the paper's value."""


@dataclass(frozen=True)
class Famo:
    """Settings of FAMO."""

    learning_rate: float = field(default=0.025, metadata={"above": 0})
    """Of the weights, learnt by Adam; the paper's value."""
    weight_decay: float = field(default=0.001, metadata={"least": 0})
    """Of the weights' logits; the paper's value."""


@dataclass(frozen=True)
class GradNorm:
    """Settings of GradNorm."""

    alpha: float = field(default=1.5, metadata={"least": 0})
    """How strongly tasks that learn slowly are favoured."""
    learning_rate: float = field(default=0.025, metadata={"above": 0})
    """Of the weights, learnt by Adam."""


@dataclass(frozen=True)
class GradVac:
    """Settings of Gradient Vaccine."""

    beta: float = field(default=0.5, metadata={"least": 0, "most": 1})
    """How fast the usual similarity of two gradients follows the present one."""


@dataclass(frozen=True)
class GradDrop:
    """Settings of GradDrop."""

    leak: float = field(default=0.0, metadata={"least": 0, "most": 1})
    """Part of every gradient that is kept whatever its sign."""


@dataclass(frozen=True)
class CaGrad:
    """Settings of CAGrad."""

    c: float = field(default=0.4, metadata={"least": 0})
    """Radius of the ball as a fraction of the mean gradient's length; 0 is the mean gradient."""


@dataclass(frozen=True)
class Mgda:
    """Settings of MGDA's Frank-Wolfe solver."""

    epsilon: float = field(default=0.001, metadata={"above": 0})
    """Step below which it stops."""
    iterations: int = field(default=100, metadata={"least": 1})
    """Steps at most."""


@dataclass(frozen=True)
class NashMtl:
    """Settings of Nash-MTL."""

    max_norm: float = field(default=1.0, metadata={"least": 0})
    """Length to which a longer step is cut; 0 cuts none."""
    every: int = field(default=1, metadata={"least": 1})
    """Steps for which a solution is used."""
    iterations: int = field(default=20, metadata={"least": 1})
    """Convex problems solved for one solution, at most."""


@dataclass(frozen=True)
class FairGrad:
    """Settings of FairGrad."""

    alpha: float = field(default=1.0, metadata={"above": 0})
    """Kind of fairness: 1 is proportional, larger comes closer to max-min."""


@dataclass(frozen=True)
class AlignedMtl:
    """Settings of Aligned-MTL."""

    scale: Literal["min", "median", "rmse"] = "min"
    """Length that the aligned gradients get: the smallest singular value, the median one, or the
    root of the mean square."""


@dataclass(frozen=True)
class ItMtl:
    """Settings of transference-guided steps."""

    candidates: list[str | list[str]] = field(default_factory=lambda: ["mean", "pcgrad"])
    """Steps to choose from: `mean` (that of `equal`), a method that reads gradients, by name and
    with its own settings, or a list of tasks (the sum of their gradients alone). Of a list, a
    network takes the tasks that it learns."""
    look_ahead: Literal["own", "sgd"] = "own"
    """How the shared parameters move while steps are tried: as the optimiser would move them, or
    by learning rate times gradient."""
