"""LI, label injection: does a target's single net do better with the partner's label to look at?

Azorin et al. 2023 (arXiv 2301.02873), whose own score it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from specbench.scores.contract import Needs, Score, Scored, ScoreInputs, injected_name
from specbench.scores.two_losses import fallen


@dataclass(frozen=True)
class LossSettings:
    """The losses that a score compares."""

    split: str = "test"
    """Split on which they are measured; `test` as in the paper, whose gains are too."""


class LabelInjection(Score):
    """(L(a) − L(a←b)) / L(a←b), for a's single net and the same that reads b's ground truth.

    Both have half capacity, one seed, order of images and schedule, and initial weights where
    shapes match; the label comes as further input channels (``specbench.tasks.inject``). Losses
    are those of the gain: a score on test losses shares data with the gain it is judged by.
    """

    name: ClassVar = "li"
    title: ClassVar = "label injection"
    family: ClassVar = "single-task nets"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.INJECTED
    version: ClassVar = 1
    source: ClassVar = "Azorin et al. 2023, arXiv 2301.02873"
    cost: ClassVar = "n + 2·C(n,2), what measuring every gain costs"
    form: ClassVar = (
        "label one-hot or normalised, and where it is valid, as input channels; test losses"
    )
    shared_labels: ClassVar = True
    Settings: ClassVar = LossSettings

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Compare losses that are known."""
        return fallen(inputs, injected_name, "with the partner's label")
