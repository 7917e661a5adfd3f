"""The scores that a study can name."""

from __future__ import annotations

from specbench.origin import Own
from specbench.scores.cka import CentredKernelAlignment
from specbench.scores.contract import Score
from specbench.scores.cs import CosineSimilarity
from specbench.scores.etap import GradientAffinity
from specbench.scores.grad_tag import GradTag
from specbench.scores.gs import GradientSimilarity
from specbench.scores.gt import GradientTransference
from specbench.scores.h_score import HScore
from specbench.scores.ias import InputAttributionSimilarity
from specbench.scores.leep import LogExpectedEmpiricalPrediction
from specbench.scores.li import LabelInjection
from specbench.scores.logme import LogME
from specbench.scores.nce import NegativeConditionalEntropy
from specbench.scores.proxy import GainProxy
from specbench.scores.rsa import RepresentationSimilarity
from specbench.scores.tag import InterTaskAffinity
from specbench.scores.task2vec import Task2Vec
from specbench.scores.td import TaxonomicalDistance
from specbench.scores.transfer import IntermediateTransfer
from specbench.scores.transference import GroupTransference

BUILT_IN: dict[str, Score] = {
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
        CentredKernelAlignment(),
        LogME(),
        HScore(),
        LogExpectedEmpiricalPrediction(),
        NegativeConditionalEntropy(),
        Task2Vec(),
        GradTag(),
        GroupTransference(),
        IntermediateTransfer(),
        GainProxy(),
    )
}
"""The scores that come with specbench, by id."""

SCORES: dict[str, Score] = dict(BUILT_IN)
"""Every score by its id: those built in, and those of the user's code that is loaded."""

OWN: dict[str, Own[Score]] = {}
"""Those of the user's code that is loaded."""
