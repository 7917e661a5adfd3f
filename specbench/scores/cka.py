"""CKA, linear centred kernel alignment: are two single-task encoders' features alike?

Kornblith et al. 2019 (arXiv 1905.00414).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from specbench.scores.contract import (
    Needs,
    PairScore,
    ProbeSettings,
    Score,
    Scored,
    ScoreInputs,
    State,
    ordered_pairs,
)
from specbench.scores.features import Array


class CentredKernelAlignment(Score):
    """‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖), Frobenius norms, of two encoders' centred features.

    Features are those of RSA: the encoder's output averaged over space.
    """

    name: ClassVar = "cka"
    title: ClassVar = "linear centred kernel alignment"
    family: ClassVar = "single-task nets"
    symmetric: ClassVar = True
    needs: ClassVar = Needs.HALF_SINGLES
    version: ClassVar = 1
    source: ClassVar = "Kornblith et al. 2019, arXiv 1905.00414"
    cost: ClassVar = "n"
    form: ClassVar = "linear; encoder output averaged over space"
    passes: ClassVar = 1
    Settings: ClassVar = ProbeSettings

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Embed the probe images under every net and align the features."""
        from specbench.scores.passes import PASSES
        from specbench.scores.probe import (
            forward_macs,
            probe_images,
            training_macs,
        )

        images = probe_images(inputs, {})
        features = {n: PASSES.features(inputs, n).averaged for n in sorted(inputs.networks)}
        pairs = {
            (a, b): _score(linear_cka(features[min(a, b)], features[max(a, b)]))
            for a, b in ordered_pairs(inputs.tasks)
        }
        probing = len(images) * forward_macs(inputs.networks, encoder_only=True)
        return Scored(pairs, training_macs(inputs.networks) + probing, len(images))


def linear_cka(one: Array, two: Array) -> float:
    """Return the alignment of features (n, F) and (n, G), in 0..1; NaN where either is constant.

    Unchanged by shifts, orthogonal maps and one positive factor of either's features.
    """
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    scale = np.linalg.norm(one.T @ one) * np.linalg.norm(two.T @ two)
    return float(np.linalg.norm(two.T @ one) ** 2 / scale) if scale > 0 else np.nan


def _score(value: float) -> PairScore:
    if np.isnan(value):
        return PairScore(None, State.UNDEFINED, "an encoder tells no two images apart")
    return PairScore(value)
