"""One row of the agreement of a score with the gains."""

from __future__ import annotations

from dataclasses import dataclass

SHARES_RUNS = "shares runs with the gain, correlation inflated"


@dataclass(frozen=True)
class AgreementRow:
    """One measure of one score against the gains, over all targets or within one.

    A value that does not exist is None, and ``reason`` says why.
    """

    score: str
    level: str
    """``pairs`` or ``groups``."""
    measure: str
    target: str | None
    """None: over all targets."""
    fit: str
    """``crossed`` or ``same``, see ``fits``."""
    value: float | None
    low: float | None
    """Lower end of the 95 % interval of the dyadic bootstrap over tasks."""
    high: float | None
    p: float | None
    """Two-sided, by permuting tasks."""
    p_corrected: float | None
    """The same, corrected over the scores by max-T."""
    p_smallest: float | None
    """The smallest p that the permutations can give."""
    ceiling: float | None
    """Pearson: √R_m. Other measures: the gains' agreement with themselves between two seeds."""
    n_tasks: int
    n_pairs: int
    """Cells with both a score and a gain."""
    n_seeds: int
    """Seeds of the gain."""
    reason: str | None
