"""Losses of a network linearised in its shared parameters, and their minimum for any set of tasks.

Every sample is one number that the loss is a function of, z(δ) = z + gᵀδ: an error of a regression
or a margin of a class. All losses are convex in δ, so a set of tasks has one best δ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

Array = npt.NDArray[np.float64]

_ROUNDING = 0.01
"""|z| is rounded off below this share of the mean |z|, so that it has a second derivative."""


class Loss(StrEnum):
    """What a sample's loss is of its number z."""

    SQUARED = "squared"
    ABSOLUTE = "absolute"
    LOGISTIC = "logistic"
    """log(1 + exp(−z)), z the log-odds of the true class: exactly the cross-entropy."""


@dataclass(frozen=True)
class Samples:
    """The samples of one task."""

    loss: Loss
    start: Array
    """(n,) z at the base network."""
    gradients: Array
    """(n, d) ∂z/∂δ, projected."""

    @property
    def stiffness(self) -> float:
        """The mean over directions of δ of the mean squared gradient."""
        return float((self.gradients**2).mean()) if self.gradients.size else 0.0

    def mean_loss(self, step: Array) -> float:
        """Return the mean loss after the step δ (d,)."""
        z = self.start + self.gradients @ step
        if self.loss is Loss.SQUARED:
            return float((z**2).mean())
        if self.loss is Loss.ABSOLUTE:
            return float(np.abs(z).mean())
        return float(np.logaddexp(0, -z).mean())

    def smooth(self, step: Array) -> tuple[float, Array]:
        """Return what is minimised, the mean loss but for the rounded |z|, and its gradient."""
        z = self.start + self.gradients @ step
        if self.loss is Loss.SQUARED:
            value, slope = z**2, 2 * z
        elif self.loss is Loss.ABSOLUTE:
            width = _ROUNDING * np.abs(self.start).mean() + 1e-12
            value = np.sqrt(z**2 + width**2)
            slope = z / value
        else:
            value, slope = np.logaddexp(0, -z), -expit(-z)
        return float(value.mean()), self.gradients.T @ slope / len(z)


def best_step(tasks: Mapping[str, Samples], group: Collection[str], ridge: float) -> Array:
    """Return the δ that minimises Σ_t (mean loss of t + ridge · stiffness of t · ‖δ‖² / 2).

    The sum is over the tasks t of the group. ``ridge`` is a pure number: it weighs the wish to
    stay near the base network in units of the losses' own curvature.
    """
    members = [tasks[name] for name in sorted(group)]
    weight = ridge * sum(samples.stiffness for samples in members)

    # In these units every task's curvature is about 1, whatever the units of the parameters.
    scale = 1 / np.sqrt(sum(samples.stiffness for samples in members) or 1.0)

    def objective(scaled: Array) -> tuple[float, Array]:
        step = scale * scaled
        parts = [samples.smooth(step) for samples in members]
        value = sum(part[0] for part in parts) + weight * float(step @ step) / 2
        gradient = np.sum([part[1] for part in parts], axis=0) + weight * step
        return value, scale * gradient

    start = np.zeros(members[0].gradients.shape[1])
    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 2000, "maxfun": 4000, "ftol": 1e-13, "gtol": 1e-9},
    )
    return np.asarray(found.x * scale)
