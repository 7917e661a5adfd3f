"""LEEP, log expected empirical prediction: the target's classes told by the partner's outputs.

Nguyen et al. 2020 (arXiv 2002.12462).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

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

if TYPE_CHECKING:
    from specbench.scores.features import Array


class LogExpectedEmpiricalPrediction(Score):
    """Mean over places of log Σ_z P(y | z) θ(x)_z, θ the class probabilities of the partner's net.

    P(y, z) is the mean of θ(x)_z over the places of class y. Always ≤ 0; classes only.
    """

    name: ClassVar = "leep"
    title: ClassVar = "log expected empirical prediction"
    family: ClassVar = "single-task nets"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.HALF_SINGLES
    version: ClassVar = 1
    source: ClassVar = "Nguyen et al. 2020, arXiv 2002.12462"
    cost: ClassVar = "c, the tasks with classes"
    remedy: ClassVar = TWO_WITH_CLASSES
    form: ClassVar = "natural logarithm; classes only"
    Settings: ClassVar = PixelSettings

    def undefined(self, tasks: Mapping[str, Task]) -> dict[Pair, str]:
        """Return the pairs in which a task has no classes."""
        return without_classes(self.name, tasks)

    def reads(self, tasks: Mapping[str, Task]) -> list[str]:
        """Return the tasks with classes."""
        return sorted(name for name, task in tasks.items() if task.categories)

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Predict the probe images by one net with classes after another."""
        from specbench.scores.features import find_places, outputs_at, sharers
        from specbench.scores.probe import (
            forward_macs,
            load_nets,
            probe_images,
            training_macs,
        )

        tasks, reasons = inputs.tasks, self.undefined(inputs.tasks)
        pairs: dict[Pair, PairScore] = {
            pair: PairScore(None, State.UNDEFINED, reason) for pair, reason in reasons.items()
        }
        scored = [pair for pair in ordered_pairs(tasks) if pair not in pairs]
        places = find_places(inputs, {sharers(pair, tasks) for pair in scored})
        for partner, net in load_nets(inputs).items():
            for_it = [pair for pair in scored if pair[1] == partner]
            there = {names: places[names] for names in {sharers(pair, tasks) for pair in for_it}}
            outputs = outputs_at(net, tasks[partner], inputs, there)
            for pair in for_it:
                names = sharers(pair, tasks)
                pairs[pair] = _score(outputs[names], places[names].labels[pair[0]])
        images = len(probe_images(inputs, {}))
        macs = training_macs(inputs.networks) + images * forward_macs(inputs.networks)
        return Scored(pairs, macs, images)


def leep(outputs: Array, labels: npt.NDArray[Any]) -> float:
    """Return the LEEP of probabilities (n, source classes) for target classes (n,)."""
    _, places = np.unique(labels, return_inverse=True)
    joint = np.zeros((places.max() + 1, outputs.shape[1]))
    np.add.at(joint, places, outputs)
    total = joint.sum(axis=0)
    given = np.divide(joint, total, out=np.zeros_like(joint), where=total > 0)
    return float(np.log((given[places] * outputs).sum(axis=1)).mean())


def _score(outputs: Array, labels: npt.NDArray[Any]) -> PairScore:
    if not len(labels):
        return PairScore(None, State.UNDEFINED, NO_PLACES)
    return PairScore(leep(outputs, labels))
