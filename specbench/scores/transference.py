"""Group transference: what steps for a whole group do to each of its tasks along a training.

Fifty et al. 2020 (arXiv 2010.15413), from which TAG comes; there groups are judged by means over
pairs, here by steps of the groups themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from specbench.names import join
from specbench.scores.contract import (
    Needs,
    PairScore,
    Score,
    Scored,
    ScoreInputs,
    State,
    ordered_pairs,
)
from specbench.training.traces.probe import LookAhead, Probe, When

if TYPE_CHECKING:
    from specbench.scores.traced import Columns


@dataclass(frozen=True)
class GroupTransferenceSettings:
    """The steps of training that are looked at, and the step that looks ahead."""

    every: int = 10
    """Steps of training between two that are looked at; the first is."""
    optimizer: Literal["sgd", "own"] = "sgd"
    """Step that looks ahead: plain gradient descent, or the training's optimiser from its state."""


class GroupTransference(Score):
    """Mean over steps of Z(G → a) − Z({a} → a), for a task a of a group G of the study.

    Z(S → a) = 1 − L_a(θ − η Σ_{i∈S} ∂L_i/∂θ) / L_a(θ) in the net of all tasks, θ the shared
    parameters, heads unchanged, on the same training batch; η the learning rate of the step;
    float32. What a's own step does is taken off: that changes no choice of groups, and makes
    values of different tasks comparable. A task alone has the value 0.
    """

    name: ClassVar = "transference"
    title: ClassVar = "group transference"
    family: ClassVar = "one net of all tasks"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.ALL
    version: ClassVar = 1
    source: ClassVar = "Fifty et al. 2020, arXiv 2010.15413"
    cost: ClassVar = "(E + nD) / (½E + D) and a look-ahead for every group of the study"
    form: ClassVar = "every k steps; groups of the study; plain SGD, or the own optimiser"
    judges_groups: ClassVar = True
    Settings: ClassVar = GroupTransferenceSettings

    def probe(self, settings: Any) -> Probe:
        """Look ahead from steps of the training."""
        kind = LookAhead(settings.optimizer)
        return Probe(When.STEPS, every=settings.every, look_aheads=(kind,))

    def sets(self, groups: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Look ahead along the groups themselves."""
        return [group for group in groups if len(group) > 1]

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Average what the groups' steps do beyond each task's own."""
        from specbench.scores.traced import (
            columns_of,
            images_of,
            look_aheads,
            trainings_and_gradients,
        )

        (trace,) = inputs.traces.values()
        columns, names = columns_of(trace), sorted(inputs.tasks)
        numbers = {name: number for number, name in enumerate(names)}
        row = {
            tuple(members): place
            for place, members in enumerate(
                Probe.from_content(trace.result["probe"]).sets(len(names))
            )
        }

        def value(target: str, group: Sequence[str]) -> PairScore:
            moved = row.get(tuple(sorted(numbers[name] for name in group)))
            if moved is None:
                return PairScore(None, State.UNDEFINED, "the study has no network of the pair")
            return _beyond(columns, inputs.settings.optimizer, numbers[target], moved)

        pairs = {pair: value(pair[0], pair) for pair in ordered_pairs(inputs.tasks)}
        groups = {
            (target, join(group)): found.value
            for group in inputs.groups
            if len(group) > 2
            for target in group
            if (found := value(target, group)).value is not None
        }
        macs = trainings_and_gradients(inputs) + look_aheads(inputs, along_sets=True)
        return Scored(pairs, macs, images_of(inputs), groups)


def _beyond(columns: Columns, kind: str, target: int, moved: int) -> PairScore:
    """Return what the step of a set does to a task beyond the task's own step."""
    from specbench.scores.traced import mean_of, transference

    together = transference(columns, kind, target, moved)
    return mean_of(together - transference(columns, kind, target, target))
