"""The models of ``[transfer]``: pre-training on sets of source tasks, finetuning on targets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from specbench.spec.section import MOST, Count, Name, Positive, Section, Seed


class SourceSet(Section):
    """Source sets that take more than a word: exactly one of `tasks`, `random` and `related`."""

    tasks: list[Name] | None = None
    """These sources, under a `name`."""
    name: Name | None = None
    """Name of a set of `tasks`."""
    random: Annotated[int, Field(ge=1, le=1000)] | None = None
    """So many sets of `size` sources, drawn so that sources occur equally often; the first k of
    more are the same k sets, and all targets share them."""
    related: Count | None = None
    """For each target so many sources, those most related to it by `score`."""
    size: Annotated[int, Field(ge=1, le=MOST)] | None = None
    """Sources in each set drawn at random."""
    score: Name | None = None
    """A score of the study, by which sources are related."""
    seed: Seed = 0
    """Drives the draw of random sets."""


_FORMS = {list: "list", dict: "table", SourceSet: "table"}


class FinetuneSection(Section):
    """The second stage: the encoder, trained on one target with a fresh head."""

    trains: Literal["whole", "head"] = "whole"
    """What is trained: encoder and head, or the head alone on an encoder that stays as it is."""
    learning_rates: list[Positive] = []
    """Learning rates to try; of each target, set and seed the one of the lowest validation loss
    counts. By default `training.learning_rate`."""
    epochs: Count | None = None
    """Passes over the target's training samples; by default `training.epochs`."""
    batch_size: Annotated[int, Field(ge=2, le=MOST)] | None = None
    """Samples a step; by default `training.batch_size`."""
    stop_after: Count | None = None
    """Epochs without a lower validation loss after which finetuning ends; by default
    `training.stop_after`."""
    samples: Count | None = None
    """Use only so many of a target's training samples (the first in an order fixed by hash), as
    where labels are dear; by default all."""


class TransferSection(Section):
    """Which tasks are sources, which are targets, and the sets of sources to pre-train on.

    One shared encoder is trained on a set, once; from there it is trained on each target.
    """

    targets: Annotated[list[Name], Field(min_length=1)]
    """Tasks that no pre-training sees."""
    sources: list[Name] | None = None
    """Tasks to pre-train on; by default all that are no targets."""
    groups: dict[Name, list[Name]] = {}
    """Named groups of tasks. The sources of a group are a set; its targets are those that it is
    called related to."""
    sets: list[
        Annotated[
            Annotated[Name, Tag("word")]
            | Annotated[list[Name], Tag("list")]
            | Annotated[SourceSet, Tag("table")],
            Discriminator(lambda value: _FORMS.get(type(value), "word")),
        ]
    ] = ["none", "groups", "all"]
    """Source sets: `none` (no pre-training, what every set is held against), `all`, `singles` (each
    source alone), `groups` (each group's sources), `unions` (those of every union of groups), lists
    of sources, or tables: `{name = "mine", tasks = [...]}`, `{random = 3, size = 2}`,
    `{related = 2, score = "rsa"}`."""
    quantity: Literal["loss", "metric"] = "loss"
    """What the quality of a set is told in: test losses, as parts of those without pre-training,
    or each target's first metric."""
    pretrain_seed: Seed | Literal["each"] = 0
    """Seed of the pre-trainings and of the scores that choose sources, whatever `study.seeds`,
    which are those of the second stage; `each` pre-trains anew for each of them."""
    pretrain_rates: list[Positive] = []
    """Learning rates to try in pre-training; the one of the lowest mean validation loss is
    finetuned. By default `training.learning_rate`."""
    finetune: FinetuneSection = FinetuneSection()
    """The second stage."""
