"""RSA, representation similarity analysis: do two single-task encoders tell images apart alike?

Dwivedi & Roig 2019 (arXiv 1904.11740), used as a score by Azorin et al. 2023 (arXiv 2301.02873).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

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

Array = npt.NDArray[np.float64]


class RepresentationSimilarity(Score):
    """Spearman correlation of the representation dissimilarity matrices of two encoders.

    Features are the encoder's output averaged over space; centred over the images, the matrix
    holds 1 − Pearson for every pair of images.
    """

    name: ClassVar = "rsa"
    title: ClassVar = "representation similarity"
    family: ClassVar = "single-task nets"
    symmetric: ClassVar = True
    needs: ClassVar = Needs.HALF_SINGLES
    version: ClassVar = 1
    source: ClassVar = "Azorin et al. 2023, arXiv 2301.02873; Dwivedi & Roig 2019"
    cost: ClassVar = "n"
    form: ClassVar = "encoder output averaged over space; 1 − Pearson; Spearman"
    passes: ClassVar = 1
    Settings: ClassVar = ProbeSettings

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Embed the probe images under every net and compare the matrices."""
        from specbench.scores.passes import PASSES
        from specbench.scores.probe import (
            forward_macs,
            probe_images,
            training_macs,
        )

        images = probe_images(inputs, {})
        ranks = {
            name: dissimilarity_ranks(PASSES.features(inputs, name).averaged)
            for name in sorted(inputs.networks)
        }
        pairs = {(a, b): _correlation(ranks[a], ranks[b]) for a, b in ordered_pairs(inputs.tasks)}
        probing = len(images) * forward_macs(inputs.networks, encoder_only=True)
        return Scored(pairs, training_macs(inputs.networks) + probing, len(images))


def dissimilarity(features: Array) -> Array:
    """Return the upper triangle of 1 − Pearson between images, features centred over images.

    ``features`` is (N, F); the result has N (N − 1) / 2 values, NaN for an image whose centred
    features do not vary.
    """
    centred = features - features.mean(axis=0)
    centred = centred - centred.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, norms, out=np.full_like(centred, np.nan), where=norms > 0)
    upper = np.triu_indices(len(features), k=1)
    return np.asarray(1.0 - (unit @ unit.T)[upper])


def dissimilarity_ranks(features: Array) -> Array:
    """Return the centred ranks of the dissimilarities, ready to be correlated; empty if NaN."""
    from scipy.stats import rankdata

    values = dissimilarity(features)
    if not np.isfinite(values).all():
        return np.empty(0)
    ranks = np.asarray(rankdata(values), dtype=np.float64)
    centred: Array = ranks - ranks.mean()
    return centred


def _correlation(one: Array, two: Array) -> PairScore:
    if not one.size or not two.size:
        return PairScore(None, State.UNDEFINED, "an encoder gives some image constant features")
    scale = float(np.linalg.norm(one) * np.linalg.norm(two))
    if scale == 0:
        return PairScore(None, State.UNDEFINED, "an encoder tells no two images apart")
    return PairScore(float(one @ two) / scale)
