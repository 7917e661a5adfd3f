"""Which seeds of a score are compared with which seeds of the gain.

``same`` compares the means over all seeds. Where score and gain share networks, that alone makes
them correlate, on pure noise too; so ``crossed`` compares the score of each seed with the gain
averaged over the OTHER seeds, and averages the measure over the seeds.

Tables are (seeds, targets, columns). A score without seeds is (targets, columns): no run stands
behind it, and under both fits it is compared with the gain averaged over all seeds.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from specbench.stats.correlation import Array
from specbench.stats.measures import mean_defined

Term = tuple[Array, Array]


class Fit(StrEnum):
    """How the seeds of score and gain are paired."""

    CROSSED = "crossed"
    SAME = "same"


ONE_SEED = "one seed: no other run to compare with"


def terms(score: Array, gains: Array, fit: Fit) -> list[Term]:
    """Return the (score, gain) tables whose measures are averaged into the value of a fit.

    ``same`` gives one; ``crossed`` one per seed that has a score; none with a single seed.
    """
    k = len(gains)
    if fit is Fit.CROSSED and k < 2:
        return []
    if fit is Fit.SAME or score.ndim == 2:
        return [(_seed_mean(score), mean_defined(gains, axis=0))]
    found = [(score[s], mean_defined(np.delete(gains, s, axis=0), axis=0)) for s in range(k)]
    return [term for term in found if not np.isnan(term[0]).all()]


def tested(score: Array, gains: Array, fit: Fit) -> Term | None:
    """Return the one (score, gain) pair of tables that a permutation test of the fit permutes.

    For ``crossed`` one fixed split: the score averaged over the first ⌊k/2⌋ seeds (one of two),
    the gain over the rest. Permuting the averaged crossed value itself would reject too often,
    because its terms share both seeds' noise.
    """
    k = len(gains)
    if fit is Fit.CROSSED and k < 2:
        return None
    if fit is Fit.SAME or score.ndim == 2:
        return _seed_mean(score), mean_defined(gains, axis=0)
    half = k // 2
    return mean_defined(score[:half], axis=0), mean_defined(gains[half:], axis=0)


def seeds_with_gains(score: Array, measured: NDArray[np.bool_]) -> Array:
    """Return a score for the seeds that have gains, ``measured`` (seeds,).

    A score of other seeds only shares no run with any gain: it is returned without seeds, as its
    mean.
    """
    if score.ndim == 2 or not np.isnan(score[measured]).all() or np.isnan(score).all():
        return score if score.ndim == 2 else score[measured]
    return mean_defined(score, axis=0)


def compared_seeds(score: Array, k: int, fit: Fit) -> int:
    """Return the number of seeds in the mean gain that a fit compares with, for the ceiling."""
    return k - 1 if fit is Fit.CROSSED and score.ndim == 3 else k


def _seed_mean(score: Array) -> Array:
    return score if score.ndim == 2 else mean_defined(score, axis=0)
