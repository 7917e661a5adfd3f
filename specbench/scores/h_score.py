"""H-score: the share of a net's features that the target's classes explain.

Bao et al. 2019 (arXiv 2212.10082), regularised by Ibrahim et al. 2022 (arXiv 2110.06893).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from specbench.scores.contract import Pair, PairScore, State, ordered_pairs
from specbench.scores.transferability import Transferability
from specbench.tasks.catalogue import Task

if TYPE_CHECKING:
    from specbench.scores.features import Array


class HScore(Transferability):
    """tr(cov_α(f)⁻¹ (1 − α) cov(E[f | y])), cov_α the Ledoit–Wolf estimate of shrinkage α.

    Defined for classes only: labels of regression have no E[f | y] without a choice of bins.
    """

    name: ClassVar = "h_score"
    title: ClassVar = "regularised H-score"
    version: ClassVar = 1
    source: ClassVar = "Bao et al. 2019; regularised by Ibrahim et al. 2022, arXiv 2110.06893"
    form: ClassVar = "Ledoit–Wolf covariance; classes only, regression labels are not binned"
    remedy: ClassVar = "add a task with classes, such as segment_semantic or class_scene"

    def undefined(self, tasks: Mapping[str, Task]) -> dict[Pair, str]:
        """Return the pairs whose target has no classes."""
        return {
            pair: f"h_score needs a target with classes, {pair[0]} has none"
            for pair in ordered_pairs(tasks)
            if not tasks[pair[0]].categories
        }

    def value(self, features: Array, labels: npt.NDArray[Any], target: Task) -> PairScore:
        """Return the regularised H-score."""
        if len(np.unique(labels)) < 2:
            return PairScore(None, State.UNDEFINED, "one class only among the probe places")
        if not np.ptp(features, axis=0).any():
            return PairScore(None, State.UNDEFINED, "the features are the same everywhere")
        return PairScore(h_score(features, labels))


def h_score(features: Array, labels: npt.NDArray[Any]) -> float:
    """Return the regularised H-score of features (n, F) for classes (n,)."""
    centred = features - features.mean(axis=0)
    covariance, shrinkage = ledoit_wolf(centred)
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), centred.shape[1]))
    np.add.at(means, places, centred)
    means /= counts[:, None]
    between = (means * counts[:, None]).T @ means / len(centred)
    explained = np.linalg.pinv(covariance, hermitian=True) @ between
    return float((1 - shrinkage) * np.trace(explained))


def ledoit_wolf(centred: Array) -> tuple[Array, float]:
    """Return the shrunk covariance (F, F) of centred features (n, F), and the shrinkage α.

    Ledoit & Wolf 2004 (Journal of Multivariate Analysis 88): (1 − α) S + α μ I with S the
    covariance (divided by n), μ = tr(S)/F and α = min(1, Σ‖xxᵀ − S‖² / (n² ‖S − μI‖²)); 0 where
    S is μI already.
    """
    n, width = centred.shape
    sample = centred.T @ centred / n
    level = np.trace(sample) / width
    away = sample - level * np.eye(width)
    distance = (away**2).sum()
    fourth = ((centred**2).sum(axis=1) ** 2).sum()
    noise = (fourth / n - (sample**2).sum()) / n
    shrinkage = float(np.clip(noise / distance, 0, 1)) if distance > 0 else 0.0
    return sample - shrinkage * away, shrinkage
