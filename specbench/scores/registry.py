"""The scores that a study can name."""

from __future__ import annotations

from specbench.scores.contract import Score
from specbench.scores.cs import CosineSimilarity
from specbench.scores.etap import GradientAffinity
from specbench.scores.gs import GradientSimilarity
from specbench.scores.gt import GradientTransference
from specbench.scores.ias import InputAttributionSimilarity
from specbench.scores.li import LabelInjection
from specbench.scores.rsa import RepresentationSimilarity
from specbench.scores.tag import InterTaskAffinity
from specbench.scores.td import TaxonomicalDistance

SCORES: dict[str, Score] = {
    score.name: score
    for score in (
        TaxonomicalDistance(),
        InputAttributionSimilarity(),
        RepresentationSimilarity(),
        LabelInjection(),
        GradientSimilarity(),
        GradientTransference(),
        InterTaskAffinity(),
        CosineSimilarity(),
        GradientAffinity(),
    )
}
"""Every score by its id."""
