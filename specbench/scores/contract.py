"""What a score is: its declaration (read when a study is planned) and its computation.

The declaration half is light. ``compute`` may import torch, in the body, so that reading a
declaration costs nothing.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from specbench.names import join
from specbench.tasks.catalogue import Task
from specbench.training.traces.probe import Probe

Pair = tuple[str, str]
"""(target, partner)."""


class Needs(StrEnum):
    """Networks that a score reads."""

    NOTHING = "nothing"
    LABELS = "labels"
    HALF_SINGLES = "half-capacity single nets"
    INJECTED = "half-capacity single nets, alone and with each other task's label"
    FINETUNED = "half-capacity single nets, and each finetuned from each other task's"
    PAIRS = "a trace of every pair's net"
    JOINT = "the net of all tasks"
    ALL = "a trace of the net of all tasks"
    GAINS = "every network that a gain is measured on"

    @property
    def trained(self) -> bool:
        """Whether trained networks, and so a run and its seed, stand behind the score."""
        return self not in (Needs.NOTHING, Needs.LABELS)

    @property
    def data(self) -> bool:
        """Whether the score reads probe data itself, not only what jobs before it measured."""
        return self in (Needs.LABELS, Needs.HALF_SINGLES, Needs.JOINT)


class State(StrEnum):
    """What became of a pair under a score."""

    DEFINED = "defined"
    UNDEFINED = "undefined"


@dataclass(frozen=True)
class ProbeSettings:
    """The images that a score looks at."""

    split: str = "val"
    """Split they are taken from: `val`, `train` or `test`."""
    images: int = 2048
    """At most so many, the first in an order fixed by hash."""


@dataclass(frozen=True)
class PixelSettings(ProbeSettings):
    """The images that a score looks at, and the pixels of each."""

    pixels: int = 64
    """At most so many valid pixels of an image, in an order of its own fixed by hash."""


@dataclass(frozen=True)
class NoSettings:
    """For a score without settings."""


@dataclass(frozen=True)
class Trained:
    """A trained network as a score finds it."""

    content: dict[str, Any]
    """Content of its training job."""
    result: dict[str, Any]
    """What its training measured."""
    weights: Path
    """Weights of its best validation epoch."""


@dataclass(frozen=True)
class Trace:
    """A trace of a network's training as a score finds it."""

    result: dict[str, Any]
    """What it is and what it has cost; see ``specbench.training.traces.tracer``."""
    rows: Path
    """Its columns, an .npz file."""

    @property
    def macs(self) -> dict[str, float]:
        """Multiply-adds of its gradients and of its look-aheads."""
        return dict(self.result["macs"])


@dataclass(frozen=True)
class ScoreInputs:
    """Everything a score may read."""

    tasks: Mapping[str, Task]
    networks: Mapping[str, Trained]
    """By name: single nets by task, nets of several tasks by theirs joined by `+`, and under
    ``injected_name`` those that read a partner's label."""
    data: Mapping[str, Path]
    """Packed domains by name; `ids` holds the chosen images of each split."""
    input: str
    """Domain that the networks see."""
    settings: Any
    device: str
    report: Callable[[dict[str, Any]], None]
    traces: Mapping[str, Trace] = field(default_factory=dict)
    """Traces of the networks' trainings, by the networks' names."""
    groups: Sequence[tuple[str, ...]] = ()
    """Groups of the study, for a score that looks ahead along them."""


@dataclass(frozen=True)
class PairScore:
    """The value of one ordered pair; higher means more affinity."""

    value: float | None
    state: State = State.DEFINED
    reason: str = ""


@dataclass(frozen=True)
class Scored:
    """What a score yields: values of ordered pairs and what they would cost alone."""

    pairs: dict[Pair, PairScore]
    macs: float
    """Multiply-adds of everything the score needs, the training of its networks included."""
    images: int = 0
    """Probe images actually read."""
    groups: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Values of (target, network) for networks of three tasks and more, where a score has its own;
    others come from the pairs."""


class Score(ABC):
    """One way to estimate how much a partner helps a target.

    Laws, checked by ``specbench.testing``: every ordered pair gets a value or a reason; the values
    do not depend on the order of the tasks; equal inputs give equal values; where ``symmetric``,
    the value of (a, b) is that of (b, a).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    family: ClassVar[str]
    symmetric: ClassVar[bool]
    needs: ClassVar[Needs]
    version: ClassVar[int]
    source: ClassVar[str]
    """Paper the score comes from."""
    cost: ClassVar[str] = "?"
    """What all pairs of n tasks cost alone, in trainings of one half-capacity single net."""
    form: ClassVar[str] = ""
    """What is computed where the paper leaves a choice, in one line."""
    judges_groups: ClassVar[bool] = False
    """Whether networks are chosen by its own values of groups, a task alone being worth 0. Else the
    value is the mean over the group's other members, and a task alone is chosen last."""
    passes: ClassVar[int] = 0
    """Forward passes of every net over the probe images that it is worth, if it reads the nets'
    features by ``specbench.scores.passes``: such scores are computed one after another."""
    images_only: ClassVar[bool] = False
    """Whether it has a meaning only where networks are fed images."""
    shared_labels: ClassVar[bool] = False
    """Whether a pair needs samples on which both tasks are labelled."""
    remedy: ClassVar[str] = "leave it out"
    """What a study may do in which no pair has this score."""
    Settings: ClassVar[type] = NoSettings

    def undefined(self, tasks: Mapping[str, Task]) -> dict[Pair, str]:
        """Return the pairs for which the score has no meaning, each with the reason."""
        return {}

    def probe(self, settings: Any) -> Probe | None:
        """Return the trace that the score reads, None if it reads none."""
        return None

    def sets(self, groups: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Return the sets of tasks, beside single ones, that the score looks ahead along.

        ``groups`` are those that the study trains.
        """
        return []

    def reads(self, tasks: Mapping[str, Task]) -> list[str]:
        """Return the names of the networks that the score reads, if it reads any."""
        if self.needs in (Needs.JOINT, Needs.ALL):
            return [join(tasks)]
        if self.needs is Needs.PAIRS:
            return [join(pair) for pair in itertools.combinations(sorted(tasks), 2)]
        if self.needs is Needs.INJECTED:
            return [*sorted(tasks), *(injected_name(*pair) for pair in ordered_pairs(tasks))]
        if self.needs is Needs.FINETUNED:
            return [*sorted(tasks), *(finetuned_name(*pair) for pair in ordered_pairs(tasks))]
        return sorted(tasks) if self.needs is Needs.HALF_SINGLES else []

    @abstractmethod
    def compute(self, inputs: ScoreInputs) -> Scored:
        """Return a value or a reason for every ordered pair of ``inputs.tasks``."""

    def settings(self, given: Mapping[str, Any]) -> Any:
        """Return the settings object for a spec's table; TypeError for an unknown field."""
        return self.Settings(**given)


def ordered_pairs(tasks: Mapping[str, Task]) -> list[Pair]:
    """Return all ordered pairs of different tasks, alphabetically."""
    return list(itertools.permutations(sorted(tasks), 2))


def injected_name(target: str, partner: str) -> str:
    """Return the name of the target's single net that reads the partner's label."""
    return f"{target}/{partner}"


def finetuned_name(target: str, partner: str) -> str:
    """Return the name of the target's single net that starts from the partner's."""
    return f"{partner}>{target}"


def setting_names(score: Score) -> list[str]:
    """Return the names of the settings a score has."""
    return [field.name for field in fields(score.Settings)]
