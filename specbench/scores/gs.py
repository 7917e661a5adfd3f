"""GS, gradient similarity: do the two tasks of a pair's net pull its shared weights one way?

Azorin et al. 2023 (arXiv 2301.02873).
"""

from __future__ import annotations

from typing import Any, ClassVar

from specbench.names import join
from specbench.scores.contract import (
    Needs,
    ProbeSettings,
    Score,
    Scored,
    ScoreInputs,
    ordered_pairs,
)
from specbench.training.traces.probe import Probe, When


class GradientSimilarity(Score):
    """Mean over epochs of cos(∂L_a/∂θ, ∂L_b/∂θ) in the net of a and b, θ its shared parameters.

    At the end of every epoch one gradient of each loss over all probe images, in float32 and
    evaluation mode.
    """

    name: ClassVar = "gs"
    title: ClassVar = "gradient similarity"
    family: ClassVar = "pair nets"
    symmetric: ClassVar = True
    needs: ClassVar = Needs.PAIRS
    version: ClassVar = 1
    source: ClassVar = "Azorin et al. 2023, arXiv 2301.02873"
    cost: ClassVar = "2·C(n,2) and the gradients of each epoch"
    form: ClassVar = "end of every epoch; one gradient over all probe images; evaluation mode"
    Settings: ClassVar = ProbeSettings

    def probe(self, settings: Any) -> Probe:
        """Look at the ends of the epochs."""
        return Probe(When.EPOCHS, split=settings.split, images=settings.images)

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Average the cosines of each pair's trace."""
        from specbench.scores.traced import (
            columns_of,
            cosine,
            images_of,
            mean_of,
            trainings_and_gradients,
        )

        inner = {name: columns_of(trace)["inner"] for name, trace in inputs.traces.items()}
        pairs = {
            pair: mean_of(cosine(inner[join(pair)], 0, 1)) for pair in ordered_pairs(inputs.tasks)
        }
        return Scored(pairs, trainings_and_gradients(inputs), images_of(inputs))
