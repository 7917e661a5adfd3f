"""Transfer: what a target gains by starting from a network that was trained on the partner.

Intermediate-task transfer, pair by pair (Padmakumar et al. 2022, NAACL, pre-train on sets of tasks;
Standley et al. 2020, arXiv 1905.07553, section 6, and Zamir et al. 2018, arXiv 1804.08328, ask how
transfer goes with learning together).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from specbench.scores.contract import Needs, Score, Scored, ScoreInputs, finetuned_name
from specbench.scores.two_losses import fallen


@dataclass(frozen=True)
class TransferSettings:
    """The losses that a score compares."""

    split: str = "val"
    """Split on which they are measured."""


class IntermediateTransfer(Score):
    """(L(a) − L(b→a)) / L(b→a), for a's single net and the same that starts from b's encoder.

    Both have half capacity, one seed, order of images and schedule; the head is fresh, and all
    weights are trained.
    """

    name: ClassVar = "transfer"
    title: ClassVar = "gain of finetuning from the partner"
    family: ClassVar = "single-task nets"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.FINETUNED
    version: ClassVar = 1
    source: ClassVar = "after Padmakumar et al. 2022, NAACL"
    cost: ClassVar = "n²"
    form: ClassVar = "the partner's encoder, a fresh head, all weights trained; validation losses"
    Settings: ClassVar = TransferSettings

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Compare losses that are known."""
        return fallen(inputs, finetuned_name, "after finetuning")
