"""TAG, inter-task affinity: does a step for the partner lower the target's loss, all tasks at once?

Fifty et al. 2021 (arXiv 2109.04617).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from specbench.names import join
from specbench.scores.contract import Needs, Score, Scored, ScoreInputs, State, ordered_pairs
from specbench.training.traces.probe import LookAhead, Probe, When

if TYPE_CHECKING:
    from specbench.scores.traced import Columns


@dataclass(frozen=True)
class AffinitySettings:
    """The steps of training that are looked at, and the step that looks ahead."""

    every: int = 10
    """Steps of training between two that are looked at; the first is."""
    form: Literal["relative", "per_lr"] = "relative"
    """`relative`: 1 − the ratio of losses; `per_lr`: that divided by the learning rate, as the
    authors' code stores it, steps of less than a thousandth of the highest rate left out."""
    optimizer: Literal["sgd", "own"] = "sgd"
    """Step that looks ahead: plain gradient descent, or the training's optimiser from its state."""
    groups: bool = False
    """Look ahead for all 2ⁿ − 1 sets of tasks; a group's value of a target is then that of one
    step for its other members together."""


class InterTaskAffinity(Score):
    """Mean over steps of 1 − L_a(θ − η ∂L_b/∂θ) / L_a(θ) in the net of all tasks.

    θ are the shared parameters, heads unchanged; the same training batch before and after,
    normalised by its own statistics; η the learning rate of the step; float32.
    """

    name: ClassVar = "tag"
    title: ClassVar = "inter-task affinity"
    family: ClassVar = "one net of all tasks"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.ALL
    version: ClassVar = 2
    source: ClassVar = "Fifty et al. 2021, arXiv 2109.04617"
    cost: ClassVar = "(E + nD) / (½E + D) and the look-aheads"
    form: ClassVar = (
        "every k steps; relative, or per learning rate; plain SGD, or the own optimiser"
    )
    Settings: ClassVar = AffinitySettings

    def probe(self, settings: Any) -> Probe:
        """Look ahead from steps of the training."""
        kind = LookAhead(settings.optimizer)
        return Probe(When.STEPS, every=settings.every, look_aheads=(kind,), groups=settings.groups)

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Average the transferences of the trace."""
        from specbench.scores.traced import (
            columns_of,
            images_of,
            look_aheads,
            mean_of,
            trainings_and_gradients,
            transference,
        )

        settings: AffinitySettings = inputs.settings
        (trace,) = inputs.traces.values()
        columns, names = columns_of(trace), sorted(inputs.tasks)
        kind, form = settings.optimizer, settings.form
        pairs = {
            (a, b): mean_of(transference(columns, kind, names.index(a), names.index(b), form))
            for a, b in ordered_pairs(inputs.tasks)
        }
        macs = trainings_and_gradients(inputs) + look_aheads(inputs)
        groups = _groups(columns, names, settings) if settings.groups else {}
        return Scored(pairs, macs, images_of(inputs), groups)


def _groups(
    columns: Columns, names: list[str], settings: AffinitySettings
) -> dict[tuple[str, str], float]:
    """Return the value of every target in every group of three tasks and more."""
    from specbench.scores.traced import mean_of, transference

    everything = Probe(When.STEPS, groups=True).sets(len(names))
    place = {members: number for number, members in enumerate(everything)}
    found = {}
    for size in range(3, len(names) + 1):
        for group in itertools.combinations(range(len(names)), size):
            for target in group:
                others = place[tuple(member for member in group if member != target)]
                rows = transference(columns, settings.optimizer, target, others, settings.form)
                value = mean_of(rows)
                if value.state is State.DEFINED and value.value is not None:
                    network = join(names[member] for member in group)
                    found[names[target], network] = value.value
    return found
