"""Jobs and their content keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

KEY_LENGTH = 20


class Kind(StrEnum):
    """Kinds of job, in the order in which a study needs them."""

    ROOMS = "rooms"
    VOCABULARY = "vocabulary"
    PACK = "pack"
    SELECT = "select"
    FIGURES = "figures"
    CONSTANT = "constant"
    NETWORK = "network"
    TRACE = "trace"
    SCORE = "score"

    @property
    def words(self) -> str:
        """What the jobs of this kind do, for a person."""
        return {
            Kind.ROOMS: "render a building",
            Kind.VOCABULARY: "learn word pieces",
            Kind.PACK: "pack a domain",
            Kind.SELECT: "choose images",
            Kind.FIGURES: "read published figures",
            Kind.CONSTANT: "fit the best constant",
            Kind.NETWORK: "train a network",
            Kind.TRACE: "trace a training",
            Kind.SCORE: "score pairs",
        }[self]

    @property
    def on_device(self) -> bool:
        """Whether the job gains from an accelerator."""
        return self in (Kind.NETWORK, Kind.TRACE, Kind.SCORE)


def content_key(content: dict[str, Any]) -> str:
    """Return the key of a job: a hash of its resolved content and of nothing else.

    The content is written as JSON with sorted keys, so neither the order of a spec nor the
    machine matters.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


_NAMED = 3
"""Conditions of a job that are named in words; more are counted."""


@dataclass(frozen=True)
class Job:
    """One unit of scheduled work."""

    kind: Kind
    content: dict[str, Any]
    """Everything that decides the result."""
    title: str
    """What it is, for a person."""
    needs: tuple[str, ...] = ()
    """Keys of the jobs whose results it reads."""
    where: dict[str, Any] = field(default_factory=dict)
    """Where it finds what it reads: keys of needed jobs and paths, which decide nothing."""
    work: float = 0.0
    """Estimated multiply-adds, or what is worth as many: long jobs start first."""
    key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", content_key(self.content))


def in_words(kind: str, title: str, conditions: Sequence[str]) -> str:
    """Return what a job does and for which conditions, for a person."""
    verb = "train " if kind == Kind.NETWORK else ""
    few = len(conditions) <= _NAMED
    return ", ".join([verb + title, *(conditions if few else [f"{len(conditions)} conditions"])])
