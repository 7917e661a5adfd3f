"""LogME, the log of the maximum evidence of a linear model on a net's features.

You et al. 2021 (arXiv 2102.11005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from specbench.scores.contract import PairScore, State
from specbench.scores.features import Cells
from specbench.scores.transferability import Transferability

if TYPE_CHECKING:
    from specbench.scores.features import Array, Index
    from specbench.tasks.catalogue import Task

_LEAST, _MOST, _STEPS = -14.0, 8.0, 177
"""Decades of α/β searched, relative to the largest eigenvalue of FᵀF, and points on the way."""
_ZOOMS = 4
_NO_ERROR = 1e-12
"""Share of a label's square that features leave, below which they fit it without error."""
_FITTED = "the features fit a label without error, so that its evidence has no maximum"


class LogME(Transferability):
    """max over α, β of log p(y | F, α, β) / n, the evidence of a linear model.

    y = F w + noise with w ~ N(0, I/α) and noise ~ N(0, I/β). Regression: the mean over the
    label's channels. Classes: one-hot labels, the mean over the classes that occur among the
    places. Features and labels are not centred and there is no constant, as in the paper.
    """

    name: ClassVar = "logme"
    title: ClassVar = "log maximum evidence"
    version: ClassVar = 2
    source: ClassVar = "You et al. 2021, arXiv 2102.11005"
    form: ClassVar = "mean over channels, or over one-hot classes; no centring; exact maximum"

    def value(self, features: Array, labels: npt.NDArray[Any], target: Task) -> PairScore:
        """Return the mean evidence over channels or classes."""
        return self.value_of(Cells(features, np.arange(len(features))), labels, target)

    def value_of(self, cells: Cells, labels: npt.NDArray[Any], target: Task) -> PairScore:
        """Return the same of places of which some share their features."""
        if target.categories:
            known = np.unique(labels)
            if len(known) < 2:
                return PairScore(None, State.UNDEFINED, "one class only among the probe places")
            labels = labels[:, None] == known
        wanted = np.asarray(labels, dtype=np.float64)
        if not wanted.any(axis=0).all():
            return PairScore(None, State.UNDEFINED, "a channel of the label is zero everywhere")
        value = float(log_maximum_evidence(cells.features, wanted, cells.of).mean())
        return PairScore(value) if np.isfinite(value) else PairScore(None, State.UNDEFINED, _FITTED)


def log_maximum_evidence(features: Array, labels: Array, row: Index | None = None) -> Array:
    """Return max over α, β of log p(y | F) / n for each column y of ``labels``, (columns,).

    ``features`` is (n, F), or holds each place's at its ``row`` (n,): at 64 pixels the 64 places of
    an image lie in four cells of a ResNet's map, which makes FᵀF a sixteenth of the work. Infinite
    where fewer features than places fit y without error.

    For a given t = α/β the best β is n / q(t), q(t) = yᵀ(I + FFᵀ/t)⁻¹y, which leaves one function
    of t: −(log(2π q/n) + 1)/2 + (1/2n) Σ log(t / (t + σ²)), σ² the eigenvalues of FᵀF. It may
    have more than one peak, so a grid is searched, then ever finer ones around its best point. (A
    fixed-point iteration, as in the paper, stops at one of the peaks.)
    """
    n = len(labels)
    row = np.arange(n) if row is None else row
    often = np.bincount(row, minlength=len(features)).astype(np.float64)
    sums = np.zeros((len(features), labels.shape[1]))
    np.add.at(sums, row, labels)
    eigenvalues, vectors = np.linalg.eigh((features.T * often) @ features)
    eigenvalues = eigenvalues.clip(min=0)
    real = eigenvalues > eigenvalues.max(initial=0) * max(n, features.shape[1]) * 2.3e-16
    eigenvalues, vectors = eigenvalues[real], vectors[:, real]
    along = (vectors.T @ (features.T @ sums)) ** 2  # (eigenvalues, columns)
    explained = along / eigenvalues[:, None]
    total = (labels**2).sum(axis=0)
    rest = (total - explained.sum(axis=0)).clip(min=0)

    def evidence(t: Array) -> Array:
        """Return the evidence at t, (points, columns)."""
        shrunk = t[..., None] / (t[..., None] + eigenvalues)  # (points, columns, eigenvalues)
        q = rest + np.einsum("pce,ec->pc", shrunk, explained)
        fit = np.log(2 * np.pi * np.maximum(q, 1e-300) / n) + 1
        found: Array = -fit / 2 + np.log(shrunk).sum(-1) / (2 * n)
        return found

    fitted = (rest <= _NO_ERROR * total) & (len(eigenvalues) < n)
    scale = eigenvalues.max(initial=0) or 1.0
    points = np.repeat(np.linspace(_LEAST, _MOST, _STEPS)[:, None], labels.shape[1], axis=1)
    step = points[1, 0] - points[0, 0]
    for _ in range(_ZOOMS):
        values = evidence(scale * 10**points)
        best = np.take_along_axis(points, values.argmax(0)[None], 0)
        points = best + np.linspace(-step, step, 41)[:, None]
        step /= 20
    return np.where(fitted, np.inf, evidence(scale * 10**points).max(0))
