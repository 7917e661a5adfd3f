"""Transference-guided steps (IT-MTL; Fifty et al. 2020, arXiv 2010.15413)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from specbench.training.methods.candidates import MEAN, called
from specbench.training.methods.contract import Given, Method, Step
from specbench.training.methods.gradients import (
    Combiner,
    fill,
    laid_out,
    task_gradients,
)
from specbench.training.observe import Moment
from specbench.training.traces.look_ahead import step_ahead, summed
from specbench.training.traces.probe import LookAhead
from specbench.training.traces.shadow import Gradient, Shadow


class ItMtl(Method):
    """At every step moves the shared parameters along the candidate that helps all tasks most.

    Decoders are updated first, each by its own task's gradient. Then a look-ahead along every
    candidate, all made of the same gradients, gives its total transference Σ (1 − L after / L
    before) over the tasks with valid labels, both losses under the updated decoders. The candidate
    with the largest is applied, the first of equals. Look-aheads are float32 whatever the
    training's precision, normalise by the batch's own statistics and leave the running ones alone.
    A single candidate is applied without a look.
    """

    def __init__(
        self,
        given: Given,
        candidates: Sequence[Mapping[str, Any]],
        combiners: Mapping[str, Combiner],
        look_ahead: LookAhead,
    ) -> None:
        super().__init__(given)
        self._candidates = {called(candidate): candidate for candidate in candidates}
        self._combiners, self._kind = dict(combiners), look_ahead
        self._shadow: Shadow | None = None

    def take(self, step: Step, optimiser: torch.optim.Optimizer) -> None:
        """Update the decoders, then the shared parameters along the best candidate."""
        directions = self.directions(step)
        shared = self.given.network.shared_parameters()
        for parameter in shared:
            parameter.grad = None
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        totals = dict.fromkeys(directions, float("nan"))
        if len(directions) > 1:
            totals = self._transferences(step, directions, optimiser)
            self.note(step, "transference", totals)
        chosen = best(totals)
        self.note(step, "chosen", {name: float(name == chosen) for name in directions})
        fill(self.given.network, directions[chosen])
        optimiser.step()

    def backward(self, step: Step) -> None:
        """Fill the decoders' gradients only; what moves the shared parameters is yet to choose."""
        self.directions(step)

    def directions(self, step: Step) -> dict[str, Gradient]:
        """Return each candidate's gradient of the shared parameters; fill those of the decoders."""
        if list(self._candidates) == [MEAN]:
            return {MEAN: self._joint(step)}
        gradients = task_gradients(self.given, step)
        present, seed = step.present(), self.given.seed_of(step)
        found = {}
        for name, candidate in self._candidates.items():
            if name in self._combiners:
                direction = self._combiners[name].combine(gradients, present, seed).gradient
            else:
                members = candidate.get("tasks", self.given.tasks)
                counted = [n for n, task in enumerate(self.given.tasks) if task in members]
                direction = summed(gradients, counted)
            parameters = self.given.network.shared_parameters()
            pairs = zip(direction, parameters, strict=True)
            found[name] = [laid_out(part, parameter) for part, parameter in pairs]
        return found

    def _joint(self, step: Step) -> Gradient:
        joined = torch.stack(step.losses).sum() / self.given.divisor
        joined.backward()  # type: ignore[no-untyped-call]
        return [
            torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for parameter in self.given.network.shared_parameters()
        ]

    def _transferences(
        self, step: Step, directions: Mapping[str, Gradient], optimiser: torch.optim.Optimizer
    ) -> dict[str, float]:
        given = self.given
        if self._shadow is None:
            self._shadow = Shadow(given.network, given.tasks, training=True)
        self._shadow.follow(given.network)
        epoch, rate = step.number // given.steps_per_epoch, optimiser.param_groups[0]["lr"]
        moment = Moment(epoch, step.number, rate, given.network, optimiser)
        everyone = range(len(given.tasks))
        before = self._shadow.losses([step.batch], everyone)
        found = {}
        for name, direction in directions.items():
            step_ahead(self._shadow, self._kind, direction, moment, given.settings)
            found[name] = transference(before, self._shadow.losses([step.batch], everyone))
        return found

    def state(self) -> dict[str, Any]:
        """Return the states of the candidates' methods beside the log."""
        combiners = {name: combiner.state() for name, combiner in self._combiners.items()}
        return {**super().state(), "combiners": combiners}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that ``state`` returned."""
        super().restore(state)
        for name, kept in state["combiners"].items():
            self._combiners[name].restore(kept)


def transference(before: Tensor, after: Tensor) -> float:
    """Return Σ (1 − after / before) over the tasks whose loss before is known (not NaN).

    A loss that was 0 and stays 0 counts 0; one that was 0 and rises, or is not finite, −∞.
    """
    worst = -torch.inf
    parts = torch.where(before == 0, torch.where(after == 0, 0.0, worst), 1 - after / before)
    parts = parts.nan_to_num(nan=worst, posinf=torch.inf, neginf=worst)
    return float(torch.where(before.isnan(), 0.0, parts).sum())


def best(totals: Mapping[str, float]) -> str:
    """Return the name of the largest total, the first of equals."""
    return max(totals, key=lambda name: totals[name])
