"""The scores that a study can name."""

from __future__ import annotations

from specbench.scores.contract import Score
from specbench.scores.ias import InputAttributionSimilarity
from specbench.scores.rsa import RepresentationSimilarity
from specbench.scores.td import TaxonomicalDistance

SCORES: dict[str, Score] = {
    score.name: score
    for score in (TaxonomicalDistance(), InputAttributionSimilarity(), RepresentationSimilarity())
}
"""Every score by its id."""
