"""What a trace looks at. Light: planning a study reads this file and loads no torch."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from specbench.tasks.catalogue import Task


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
    listed: tuple[tuple[int, ...], ...] = ()
    """Sets of tasks, by number, to look ahead along beside the single tasks."""

    def content(self) -> dict[str, Any]:
        """Return the probe as plain JSON values."""
        content = {
            **vars(self),
            "when": self.when.value,
            "look_aheads": [kind.value for kind in self.look_aheads],
        }
        listed = [list(members) for members in content.pop("listed")]
        return {**content, "listed": listed} if listed else content

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Probe:
        """Return the probe that ``content`` described."""
        kinds = tuple(LookAhead(kind) for kind in content["look_aheads"])
        listed = tuple(tuple(members) for members in content.get("listed", ()))
        given = {"when": When(content["when"]), "look_aheads": kinds, "listed": listed}
        return cls(**{**content, **given})

    def place(self) -> Probe:
        """Return where it looks, without what it does there."""
        return dataclasses.replace(self, look_aheads=(), groups=False, listed=())

    def joined(self, other: Probe) -> Probe:
        """Return the probe that sees what either sees; both look at the same place."""
        kinds = tuple(sorted({*self.look_aheads, *other.look_aheads}))
        listed = sorted({*self.listed, *other.listed}, key=lambda members: (len(members), members))
        return dataclasses.replace(
            self, look_aheads=kinds, groups=self.groups or other.groups, listed=tuple(listed)
        )

    def along(self, sets: Sequence[tuple[str, ...]], tasks: Sequence[str]) -> Probe:
        """Return the probe that looks ahead along sets of ``tasks`` too, given by name."""
        number = {name: place for place, name in enumerate(sorted(tasks))}
        listed = tuple(tuple(sorted(number[name] for name in members)) for members in sets)
        return self.joined(dataclasses.replace(self, listed=listed))

    def sets(self, tasks: int) -> list[tuple[int, ...]]:
        """Return the sets of tasks, by number, whose gradients are looked ahead along.

        Single tasks first, in order; then those listed; with ``groups`` all 2ⁿ − 1 sets, by size.
        """
        if self.listed and not self.groups:
            return [*((task,) for task in range(tasks)), *self.listed]
        largest = tasks if self.groups else 1
        sizes = range(1, largest + 1)
        return [s for size in sizes for s in itertools.combinations(range(tasks), size)]

    def targets(self, members: tuple[int, ...], tasks: int) -> list[int]:
        """Return the tasks whose loss is read after a step along a set of tasks."""
        if self.groups or (self.listed and len(members) == 1):
            return list(range(tasks))
        return list(members) if self.listed else [n for n in range(tasks) if n not in members]


def joined(probes: Sequence[Probe]) -> list[Probe]:
    """Return the fewest probes that see what all of ``probes`` see."""
    by_place: dict[Probe, Probe] = {}
    for probe in probes:
        known = by_place.get(probe.place())
        by_place[probe.place()] = known.joined(probe) if known else probe
    return list(by_place.values())


def alike(tasks: Sequence[Task]) -> list[tuple[int, ...]]:
    """Return the numbers of the tasks whose decoders a trace computes together.

    Those are classes of whole images or samples, as many classes each, and binary answers; two
    tasks at least.
    """
    by_shape: dict[tuple[str, int], list[int]] = {}
    for number, task in enumerate(tasks):
        if (task.kind, task.loss) in (("image_class", "cross_entropy"), ("binary", "bce")):
            by_shape.setdefault((task.kind, task.outputs), []).append(number)
    return [tuple(numbers) for numbers in by_shape.values() if len(numbers) > 1]
