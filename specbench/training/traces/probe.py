"""What a trace looks at. Light: planning a study reads this file and loads no torch."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class When(StrEnum):
    """Moments of a training that a trace looks at."""

    STEPS = "steps"
    """Every so many steps, on the training batch, with the batch's own statistics."""
    EPOCHS = "epochs"
    """The end of every epoch, on a fixed set of images, in evaluation mode."""


class LookAhead(StrEnum):
    """How the shared parameters move in a look-ahead."""

    SGD = "sgd"
    """θ − learning rate · gradient, whatever the optimiser."""
    OWN = "own"
    """The step of the training's optimiser from its present state, weight decay included."""


@dataclass(frozen=True)
class Probe:
    """What a trace looks at: losses and gradients always, look-aheads where asked for."""

    when: When
    every: int = 0
    """``steps``: the first step and every so many after it."""
    split: str = ""
    """``epochs``: split of the images."""
    images: int = 0
    """``epochs``: the first so many, or all of the split."""
    look_aheads: tuple[LookAhead, ...] = ()
    groups: bool = False
    """Look ahead along the summed gradients of every set of tasks, not of single tasks only."""

    def content(self) -> dict[str, Any]:
        """Return the probe as plain JSON values."""
        return {
            **vars(self),
            "when": self.when.value,
            "look_aheads": [kind.value for kind in self.look_aheads],
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Probe:
        """Return the probe that ``content`` described."""
        kinds = tuple(LookAhead(kind) for kind in content["look_aheads"])
        return cls(**{**content, "when": When(content["when"]), "look_aheads": kinds})

    def place(self) -> Probe:
        """Return where it looks, without what it does there."""
        return dataclasses.replace(self, look_aheads=(), groups=False)

    def joined(self, other: Probe) -> Probe:
        """Return the probe that sees what either sees; both look at the same place."""
        kinds = tuple(sorted({*self.look_aheads, *other.look_aheads}))
        return dataclasses.replace(self, look_aheads=kinds, groups=self.groups or other.groups)

    def sets(self, tasks: int) -> list[tuple[int, ...]]:
        """Return the sets of tasks, by number, whose gradients are looked ahead along.

        Single tasks first, in order; with ``groups`` all 2ⁿ − 1 sets, by size.
        """
        largest = tasks if self.groups else 1
        sizes = range(1, largest + 1)
        return [s for size in sizes for s in itertools.combinations(range(tasks), size)]


def joined(probes: Sequence[Probe]) -> list[Probe]:
    """Return the fewest probes that see what all of ``probes`` see."""
    by_place: dict[Probe, Probe] = {}
    for probe in probes:
        known = by_place.get(probe.place())
        by_place[probe.place()] = known.joined(probe) if known else probe
    return list(by_place.values())
