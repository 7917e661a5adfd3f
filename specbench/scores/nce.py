"""NCE, negative conditional entropy: how much the partner's label says about the target's.

Tran et al. 2019 (arXiv 1908.08142).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from specbench.scores.classes import TWO_WITH_CLASSES, without_classes
from specbench.scores.contract import (
    Needs,
    Pair,
    PairScore,
    PixelSettings,
    Score,
    Scored,
    ScoreInputs,
    State,
    ordered_pairs,
)
from specbench.scores.transferability import NO_PLACES
from specbench.tasks.catalogue import Task


class NegativeConditionalEntropy(Score):
    """−H(Y | Z), in nats: Y the class of the target, Z that of the partner, at the same places.

    Reads labels only, no network. Places are those where both labels are valid. Always ≤ 0;
    classes only.
    """

    name: ClassVar = "nce"
    title: ClassVar = "negative conditional entropy"
    family: ClassVar = "labels"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.LABELS
    version: ClassVar = 1
    source: ClassVar = "Tran et al. 2019, arXiv 1908.08142"
    cost: ClassVar = "0"
    remedy: ClassVar = TWO_WITH_CLASSES
    shared_labels: ClassVar = True
    form: ClassVar = "true labels of both tasks; natural logarithm; classes only"
    Settings: ClassVar = PixelSettings

    def undefined(self, tasks: Mapping[str, Task]) -> dict[Pair, str]:
        """Return the pairs in which a task has no classes."""
        return without_classes(self.name, tasks)

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Count how often the classes of two tasks meet; costs no multiply-adds."""
        from specbench.scores.features import find_places, sharers
        from specbench.scores.probe import probe_images

        tasks, reasons = inputs.tasks, self.undefined(inputs.tasks)
        pairs: dict[Pair, PairScore] = {
            pair: PairScore(None, State.UNDEFINED, reason) for pair, reason in reasons.items()
        }
        scored = [pair for pair in ordered_pairs(tasks) if pair not in pairs]
        found = find_places(inputs, {sharers(pair, tasks, both=True) for pair in scored})
        for target, partner in scored:
            labels = found[sharers((target, partner), tasks, both=True)].labels
            pairs[target, partner] = _score(labels[target], labels[partner])
        return Scored(pairs, macs=0.0, images=len(probe_images(inputs, {})))


def negative_conditional_entropy(target: npt.NDArray[Any], partner: npt.NDArray[Any]) -> float:
    """Return −H(target | partner) in nats of two arrays of classes (n,)."""
    _, rows = np.unique(target, return_inverse=True)
    _, columns = np.unique(partner, return_inverse=True)
    joint = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(joint, (rows, columns), 1 / len(rows))
    given = joint / joint.sum(axis=0)
    met = joint > 0
    return float((joint[met] * np.log(given[met])).sum())


def _score(target: npt.NDArray[Any], partner: npt.NDArray[Any]) -> PairScore:
    if not len(target):
        return PairScore(None, State.UNDEFINED, NO_PLACES)
    return PairScore(negative_conditional_entropy(target, partner))
