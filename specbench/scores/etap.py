"""ETAP's gradient affinity: to first order, by how much of itself a partner lowers a target's loss.

Ayman et al. (arXiv 2602.18591); the first term of TAG's look-ahead, without looking ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from specbench.scores.contract import Needs, Score, Scored, ScoreInputs, ordered_pairs
from specbench.training.traces.probe import Probe, When


@dataclass(frozen=True)
class StepSettings:
    """The steps of training that are looked at."""

    every: int = 10
    """Steps of training between two that are looked at; the first is."""


class GradientAffinity(Score):
    """Mean over steps of ⟨∂L_a/∂θ, η ∂L_b/∂θ⟩ / (L_a η), θ shared by the net of all tasks.

    The learning rate η cancels. Gradients and losses of the training batch, normalised by its own
    statistics, in float32.
    """

    name: ClassVar = "etap"
    title: ClassVar = "first-order affinity"
    family: ClassVar = "one net of all tasks"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.ALL
    version: ClassVar = 1
    source: ClassVar = "Ayman et al. 2026, arXiv 2602.18591"
    cost: ClassVar = "(E + nD) / (½E + D) and the gradients"
    form: ClassVar = "every k steps; ⟨g_a, g_b⟩ / L_a"
    Settings: ClassVar = StepSettings

    def probe(self, settings: Any) -> Probe:
        """Look at gradients along the training."""
        return Probe(When.STEPS, every=settings.every)

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Average the inner products over the target's loss."""
        from specbench.scores.traced import (
            columns_of,
            images_of,
            mean_of,
            trainings_and_gradients,
        )

        (trace,) = inputs.traces.values()
        columns, place = columns_of(trace), sorted(inputs.tasks).index
        losses = np.where(columns["loss"] > 0, columns["loss"], np.nan)
        pairs = {
            (a, b): mean_of(columns["inner"][:, place(a), place(b)] / losses[:, place(a)])
            for a, b in ordered_pairs(inputs.tasks)
        }
        return Scored(pairs, trainings_and_gradients(inputs), images_of(inputs))
