"""Scores that compare a target's single net with a network that has something of the partner's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specbench.scores.contract import PairScore, Scored, ScoreInputs, State, ordered_pairs


def fallen(inputs: ScoreInputs, other: Callable[[str, str], str], with_partner: str) -> Scored:
    """Return (L(a) − L′) / L′ for each (a, b), L′ the loss of a in the network ``other(a, b)``.

    Losses are those of the split in the settings; ``with_partner`` says what L′ is the loss of.
    They are known, so that the score costs the trainings and nothing beside.
    """
    pairs = {}
    for pair in ordered_pairs(inputs.tasks):
        alone, beside = (
            _loss(inputs.networks[name].result, inputs.settings.split)
            for name in (pair[0], other(*pair))
        )
        pairs[pair] = (
            PairScore((alone - beside) / beside)
            if beside
            else PairScore(None, State.UNDEFINED, f"the loss {with_partner} is 0")
        )
    macs = sum(float(net.result["training_macs"]) for net in inputs.networks.values())
    return Scored(pairs, macs)


def _loss(result: dict[str, Any], split: str) -> float:
    (loss,) = (float(row["loss"]) for row in result["losses"] if row["split"] == split)
    return loss
