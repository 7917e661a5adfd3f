"""Which score comes first, and by what measure and level that is said."""

from __future__ import annotations

from specbench.report.agreement import Estimate
from specbench.report.findings import Findings

LEVEL = 0.05  # of a corrected p value
MEASURE = "pearson"


def ranking(found: Findings) -> list[Estimate]:
    """Return the judged estimate of every score that has a value, highest first."""
    main = found.study.main
    judged = [found.agreement.judged(score, MEASURE, main) for score in found.study.scores]
    valued = [one for one in judged if one is not None and one.value is not None]
    return sorted(valued, key=lambda one: (-value_of(one), one.score))


def value_of(one: Estimate) -> float:
    """Return an estimate's value, lower than any where there is none."""
    return one.value if one.value is not None else float("-inf")
