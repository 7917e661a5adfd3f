"""Scores of transferability: how well the partner's features tell the target's labels.

The features are those of the partner's single net, the labels the target's, at places that
``specbench.scores.features`` chooses.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy.typing as npt

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

if TYPE_CHECKING:
    from specbench.scores.features import Array, Cells
    from specbench.tasks.catalogue import Task

NO_PLACES = "no valid place among the probe images"


class Transferability(Score):
    """A score of features and labels alone; a subclass says which.

    A pair is looked at in the target's valid pixels. Where only the partner has pixels, in those
    where both are valid, the target's label repeated. An image-level partner's features are the
    encoder's output averaged over space, repeated at the target's pixels.
    """

    family: ClassVar = "single-task nets"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.HALF_SINGLES
    cost: ClassVar = "n"
    passes: ClassVar = 1
    Settings: ClassVar = PixelSettings

    def value_of(self, cells: Cells, labels: npt.NDArray[Any], target: Task) -> PairScore:
        """Return the score of a partner's features for a target's labels at the same places."""
        return self.value(cells.at_places(), labels, target)

    @abstractmethod
    def value(self, features: Array, labels: npt.NDArray[Any], target: Task) -> PairScore:
        """Return the score of features (n, F) for the labels of a target at the same places."""

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Embed the probe images under one net at a time and score it for every target."""
        from specbench.scores.features import cells_at, find_places, sharers
        from specbench.scores.passes import PASSES
        from specbench.scores.probe import forward_macs, training_macs

        tasks, reasons = inputs.tasks, self.undefined(inputs.tasks)
        pairs: dict[Pair, PairScore] = {
            pair: PairScore(None, State.UNDEFINED, reason) for pair, reason in reasons.items()
        }
        scored = [pair for pair in ordered_pairs(tasks) if pair not in pairs]
        places = find_places(inputs, {sharers(pair, tasks) for pair in scored})
        images = 0
        for partner in sorted(inputs.networks):
            maps = PASSES.features(inputs, partner).maps
            images = len(maps)
            for pair in (pair for pair in scored if pair[1] == partner):
                where = places[sharers(pair, tasks)]
                cells = cells_at(maps, where, dense=tasks[partner].dense)
                target = tasks[pair[0]]
                pairs[pair] = (
                    self.value_of(cells, where.labels[target.name], target)
                    if len(where)
                    else PairScore(None, State.UNDEFINED, NO_PLACES)
                )
        probing = images * forward_macs(inputs.networks, encoder_only=True)
        return Scored(pairs, training_macs(inputs.networks) + probing, images)
