"""Grad-TAG: what training on any set of tasks would do, from one network's gradients.

Li et al. 2024 (arXiv 2409.06091).
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import ClassVar, Literal

from specbench.names import join
from specbench.scores.contract import (
    Needs,
    PairScore,
    ProbeSettings,
    Score,
    Scored,
    ScoreInputs,
    State,
    ordered_pairs,
)

_MOST_TASKS = 8
"""Every set of tasks is predicted up to so many tasks; beyond, pairs only."""
_FITTED_ON = "train"
_BACKWARD = 2
"""Forward passes through one decoder and the encoder that one sample's gradient is worth."""


@dataclass(frozen=True)
class GradTagSettings(ProbeSettings):
    """What is linearised, and how."""

    images: int = 256
    """Images of the training split that steps are fitted on; losses are read on as many of
    `split`."""
    pixels: int = 4
    """At most so many valid pixels of an image, in an order of its own fixed by hash."""
    dimensions: int = 200
    """Numbers that the gradient of a sample is projected to."""
    ridge: float = 10.0
    """Weight of staying near the base network, in units of the losses' curvature."""
    surrogate: Literal["own", "squared", "absolute"] = "own"
    """Loss of regression tasks: `own` is the one they are trained with."""


class GradTag(Score):
    """Relative fall of a target's predicted loss when it is fitted with the partner, not alone.

    The base network is the all-task net. At every sample (one valid pixel, one channel of it; or
    an image) the number its loss depends on is linearised in the shared parameters, heads fixed:
    z(δ) = z + gᵀδ, g projected at random. For a set S of tasks, δ_S minimises the sum over S of
    the mean losses plus a ridge, on training images. L_a(S) is the target's mean loss after δ_S on
    other images. The value is (L_a({a}) − L_a(S)) / L_a(S): for a pair S = {a, b}, for a larger
    group its tasks. Exact for a network whose errors (or log-odds, of two classes) are linear in
    the shared parameters.
    """

    name: ClassVar = "grad_tag"
    title: ClassVar = "gradient-based estimate of the gain"
    family: ClassVar = "one net of all tasks"
    symmetric: ClassVar = False
    needs: ClassVar = Needs.JOINT
    version: ClassVar = 1
    source: ClassVar = "Li et al. 2024, arXiv 2409.06091"
    cost: ClassVar = "(E + nD) / (½E + D): the net of all tasks"
    form: ClassVar = "linear in the shared parameters; cross-entropy by log-odds; ridge"
    Settings: ClassVar = GradTagSettings

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Linearise on training and on probe images, then fit every set of tasks."""
        from specbench.scores.linearised import best_step
        from specbench.scores.probe import load_nets, probe_images
        from specbench.scores.projected import Projection, count, linearise

        tasks, settings = sorted(inputs.tasks), inputs.settings
        name = join(tasks)
        base, net = inputs.networks[name], load_nets(inputs)[name]
        size = sum(parameter.numel() for parameter in net.shared_parameters())
        projection = Projection(size, settings.dimensions, inputs.device)
        on_training = dataclasses.replace(
            inputs, settings=dataclasses.replace(settings, split=_FITTED_ON)
        )
        fitted = linearise(net, on_training, projection, settings.surrogate)
        read = linearise(net, inputs, projection, settings.surrogate)
        losses: dict[tuple[str, ...], dict[str, float]] = {}
        known = [name for name in tasks if len(fitted[name].start) and len(read[name].start)]
        for group in subsets(known):
            step = best_step(fitted, group, settings.ridge)
            losses[group] = {name: read[name].mean_loss(step) for name in group}
        pairs = {pair: _value(losses, pair[0], pair) for pair in ordered_pairs(inputs.tasks)}
        groups = {
            (target, join(group)): value.value
            for group in losses
            if len(group) > 2
            for target in group
            if (value := _value(losses, target, group)).value is not None
        }
        images = sum(len(probe_images(one, {})) for one in (on_training, inputs))
        encoder, whole = float(base.result["encoder_macs"]), float(base.result["macs"])
        backward = _BACKWARD * (encoder + (whole - encoder) / len(tasks))
        probing = images * whole + (count(fitted) + count(read)) * backward
        return Scored(pairs, float(base.result["training_macs"]) + probing, images, groups)


def subsets(tasks: list[str]) -> list[tuple[str, ...]]:
    """Return single tasks and pairs, and every larger set where the tasks are few."""
    most = len(tasks) if len(tasks) <= _MOST_TASKS else 2
    sizes = range(1, most + 1)
    return [group for size in sizes for group in itertools.combinations(sorted(tasks), size)]


def _value(
    losses: dict[tuple[str, ...], dict[str, float]], target: str, group: tuple[str, ...]
) -> PairScore:
    found = losses.get(tuple(sorted(group)))
    if found is None:
        return PairScore(None, State.UNDEFINED, "no valid place among the probe images")
    if found[target] <= 0:
        return PairScore(None, State.UNDEFINED, f"the predicted loss of {target} is 0")
    return PairScore((losses[(target,)][target] - found[target]) / found[target])
