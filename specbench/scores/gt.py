"""GT, gradient transference: does a step for the partner lower the target's loss in their net?

Azorin et al. 2023 (arXiv 2301.02873), after Fifty et al. 2021 (arXiv 2109.04617).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from specbench.names import join, split
from specbench.scores.contract import (
    Needs,
    PairScore,
    ProbeSettings,
    Score,
    Scored,
    ScoreInputs,
    ordered_pairs,
)
from specbench.training.traces.probe import LookAhead, Probe, When


@dataclass(frozen=True)
class TransferenceSettings(ProbeSettings):
    """The images and the step of a gradient transference."""

    form: Literal["relative", "per_lr"] = "relative"
    """`relative`: 1 − the ratio of losses; `per_lr`: that divided by the learning rate, epochs of
    less than a thousandth of the highest rate left out."""
    optimizer: Literal["sgd", "own"] = "sgd"
    """Step that looks ahead: plain gradient descent, or the training's optimiser from its state."""


class GradientTransference(Score):
    """Mean over epochs of 1 − L_a(θ − η ∂L_b/∂θ) / L_a(θ) in the net of a and b.

    θ are the shared parameters at the end of an epoch, heads unchanged, η the learning rate of its
    last step; gradient and losses over all probe images, in float32 and evaluation mode. The
    paper prints the bare ratio (eq. 4) and 1 − ratio (eq. 12); its values only fit a division by η.
    """

    name: ClassVar = "gt"
    title: ClassVar = "gradient transference"
    family: ClassVar = "pair nets"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.PAIRS
    version: ClassVar = 2
    source: ClassVar = "Azorin et al. 2023, arXiv 2301.02873"
    cost: ClassVar = "2·C(n,2) and the look-aheads of each epoch"
    form: ClassVar = (
        "end of every epoch; relative, or per learning rate; plain SGD, or the own optimiser"
    )
    Settings: ClassVar = TransferenceSettings

    def probe(self, settings: Any) -> Probe:
        """Look ahead from the ends of the epochs."""
        kind = LookAhead(settings.optimizer)
        return Probe(When.EPOCHS, split=settings.split, images=settings.images, look_aheads=(kind,))

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Average the transferences of each pair's trace."""
        from specbench.scores.traced import (
            columns_of,
            images_of,
            look_aheads,
            mean_of,
            trainings_and_gradients,
            transference,
        )

        settings: TransferenceSettings = inputs.settings
        columns = {name: columns_of(trace) for name, trace in inputs.traces.items()}

        def value(target: str, partner: str) -> PairScore:
            name = join((target, partner))
            place = split(name).index
            return mean_of(
                transference(
                    columns[name], settings.optimizer, place(target), place(partner), settings.form
                )
            )

        pairs = {pair: value(*pair) for pair in ordered_pairs(inputs.tasks)}
        macs = trainings_and_gradients(inputs) + look_aheads(inputs)
        return Scored(pairs, macs, images_of(inputs))
