"""Does the answer hold under other conditions? Gains against gains, and each score's rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from specbench.report.agreement import Agreement, Estimate
from specbench.report.gains import GainMatrix
from specbench.report.study import Study


@dataclass(frozen=True)
class Stability:
    """Per condition: how its gains correlate with the main ones, and what each score reaches."""

    conditions: tuple[str, ...]
    gains_agree: dict[str, float | None]
    estimates: dict[tuple[str, str], Estimate]
    across: tuple[Estimate, ...]

    def best(self, condition: str) -> str | None:
        """Return the score with the highest value under a condition."""
        values = {
            score: one.value
            for (score, where), one in self.estimates.items()
            if where == condition and one.value is not None
        }
        return max(sorted(values), key=lambda score: values[score]) if values else None


def compare(
    study: Study, gains: Mapping[str, GainMatrix], agreement: Agreement, measure: str
) -> Stability:
    """Set the conditions side by side under one measure over all pairs."""
    estimates = {
        (score, condition): found
        for score in study.scores
        for condition in study.conditions
        if (found := agreement.judged(score, measure, condition)) is not None
    }
    across = tuple(
        one
        for one in agreement.estimates
        if one.score_condition != one.condition and one.measure == measure and one.target is None
    )
    main = gains[study.main]
    agree = {name: correlation(main, matrix) for name, matrix in gains.items()}
    return Stability(study.conditions, agree, estimates, across)


def correlation(one: GainMatrix, other: GainMatrix) -> float | None:
    """Return Pearson's correlation of two gain matrices over the pairs both have."""
    means = [{pair: cell.mean for pair, cell in matrix.cells.items()} for matrix in (one, other)]
    return pearson(*means)


def pearson(
    one: Mapping[tuple[str, str], float], other: Mapping[tuple[str, str], float]
) -> float | None:
    """Return Pearson's correlation over the pairs both have; None below three, or if constant."""
    shared = sorted(set(one) & set(other))
    first = np.array([one[pair] for pair in shared])
    second = np.array([other[pair] for pair in shared])
    if len(shared) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])
