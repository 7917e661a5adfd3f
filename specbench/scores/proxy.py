"""Proxy: gains measured cheaply, as a score for gains that are dear to measure.

The validation gains of a cheaper condition (fewer images, a smaller net), and those after a fifth
of the epochs of the very same runs: the baseline that every affinity score has to beat. No network
is trained for it, so no job computes it: the store reads it off the networks of the study.
"""

from __future__ import annotations

from typing import ClassVar

from specbench.errors import ScoreError
from specbench.scores.contract import Needs, Score, Scored, ScoreInputs


class GainProxy(Score):
    """Gains measured under a cheaper condition, or early in training."""

    name: ClassVar = "proxy"
    title: ClassVar = "gain measured cheaply"
    family: ClassVar = "measured gains"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.GAINS
    version: ClassVar = 1
    source: ClassVar = "after the early stopping approximation of Standley et al., arXiv 1905.07553"
    cost: ClassVar = "that of measuring every gain, under the cheaper condition"

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Refuse: there is nothing to compute."""
        raise ScoreError("score 'proxy' is read off the networks of a study, not computed")
