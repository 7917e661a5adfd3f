"""CS, cosine similarity: do two tasks' gradients agree in the net that learns all tasks?

The cosine score of Fifty et al. 2021 (arXiv 2109.04617).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from specbench.scores.contract import Needs, Score, Scored, ScoreInputs, ordered_pairs
from specbench.training.traces.probe import Probe, When


@dataclass(frozen=True)
class CosineSettings:
    """The steps of training that are looked at, and the parameters that count."""

    every: int = 10
    """Steps of training between two that are looked at; the first is."""
    parameters: Literal["all", "weights"] = "all"
    """`all` shared parameters; `weights`: those of rank above 1, without biases and batch norms,
    as in the authors' code."""


class CosineSimilarity(Score):
    """Mean over steps of cos(∂L_a/∂θ, ∂L_b/∂θ), θ the shared parameters of the net of all tasks.

    Gradients of the training batch, normalised by its own statistics, in float32.
    """

    name: ClassVar = "cs"
    title: ClassVar = "cosine similarity of gradients"
    family: ClassVar = "one net of all tasks"
    symmetric: ClassVar = True
    needs: ClassVar = Needs.ALL
    version: ClassVar = 1
    source: ClassVar = "Fifty et al. 2021, arXiv 2109.04617"
    cost: ClassVar = "(E + nD) / (½E + D) and the gradients"
    form: ClassVar = "every k steps; all shared parameters, or weights only"
    Settings: ClassVar = CosineSettings

    def probe(self, settings: Any) -> Probe:
        """Look at gradients along the training."""
        return Probe(When.STEPS, every=settings.every)

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Average the cosines of the trace."""
        from specbench.scores.traced import (
            columns_of,
            cosine,
            images_of,
            mean_of,
            trainings_and_gradients,
        )

        (trace,) = inputs.traces.values()
        column = "inner" if inputs.settings.parameters == "all" else "inner_weights"
        inner, place = columns_of(trace)[column], sorted(inputs.tasks).index
        pairs = {
            (a, b): mean_of(cosine(inner, place(a), place(b)))
            for a, b in ordered_pairs(inputs.tasks)
        }
        return Scored(pairs, trainings_and_gradients(inputs), images_of(inputs))
