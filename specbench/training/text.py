"""Batches of texts: each task has texts of its own, and a batch of training holds some of many.

A batch's pieces are (N, 3, L): tokens, segments, and 1 where there is a piece. Every task's label
covers the whole batch and is valid at its own texts only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from specbench.data.ids import read_ids
from specbench.data.pack import read_manifest
from specbench.data.text.pack import read_strings
from specbench.seeding import numpy_stream
from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.training.images import Batch
from specbench.training.settings import Settings

Array = npt.NDArray[Any]
BUCKET = 16
"""Batches' worth of texts that are sorted by length together."""
INPUT = "text"
"""What the content of a network says that it is fed."""


def is_text(content: Mapping[str, Any]) -> bool:
    """Tell whether the network of a content is fed texts."""
    return bool(content["data"].get("input") == INPUT)


@dataclass(frozen=True)
class TextTask:
    """One task's texts and labels of a split, in the order of the ids."""

    task: Task
    split: str
    texts: Path
    labels: Path
    ids: Path

    @cached_property
    def _rows(self) -> tuple[Array, Array]:
        """Rows of the chosen ids among the packed texts, and among the packed labels."""
        chosen = read_ids(self.ids / f"{self.split}.ids")
        places = []
        for folder in (self.texts, self.labels):
            at = {name: n for n, name in enumerate(read_ids(folder / f"{self.split}.ids"))}
            places.append(np.array([at[name] for name in chosen], dtype=np.int64))
        return places[0], places[1]

    def __len__(self) -> int:
        return len(self._rows[0])

    @cached_property
    def _text(self) -> dict[str, Array]:
        with np.load(self.texts / f"{self.split}.npz") as found:
            return dict(found)

    @cached_property
    def _label(self) -> dict[str, Array]:
        with np.load(self.labels / f"{self.split}.npz") as found:
            return dict(found)

    @cached_property
    def lengths(self) -> Array:
        """Pieces of every text."""
        return np.diff(self._text["offsets"])[self._rows[0]]

    def pieces(self, row: int) -> dict[str, Array]:
        """Return what is packed of a text, piece by piece."""
        at = self._rows[0][row]
        inside = slice(*self._text["offsets"][at : at + 2])
        names = ("tokens", "segments", "words", "starts", "ends")
        return {name: self._text[name][inside] for name in names}

    def hashes(self) -> tuple[Array, Array]:
        """Return hashes of the texts, and of the labels as they stand in the file."""
        texts, labels = self._rows
        return self._text["hashes"][texts], self._label["hashes"][labels]

    def ids_of(self, row: int) -> str:
        """Return the id of a row: its file and line."""
        return read_ids(self.ids / f"{self.split}.ids")[row]

    @cached_property
    def values(self) -> Array:
        """Labels of samples as packed; not those of words."""
        return self._label["values"][self._rows[1]]

    def tags(self, row: int) -> Array:
        """Return the labels of a text's words."""
        at = self._rows[1][row]
        return self._label["values"][slice(*self._label["offsets"][at : at + 2])]

    @cached_property
    def names(self) -> list[str]:
        """Names of the classes."""
        return list(read_manifest(self.labels)["names"])

    @cached_property
    def contexts(self) -> list[str]:
        """Texts in which the answers to questions stand."""
        every = read_strings(self.texts, self.split)
        return [every[at] for at in self._rows[0]]

    @cached_property
    def answers(self) -> list[list[str]]:
        """Every answer of a question that counts as right."""
        every = read_strings(self.labels, self.split)
        return [every[at] for at in self._rows[1]]


def open_texts(
    tasks: Mapping[str, Task], folders: Mapping[str, Path], split: str
) -> dict[str, TextTask]:
    """Open the texts and labels of ``tasks``; ``folders`` as a network's job has them."""
    return {
        name: TextTask(task, split, *(folders[f"{task.domain}/{part}"] for part in PARTS))
        for name, task in tasks.items()
    }


PARTS = ("text", "label", "ids")
"""What is packed of a task; folders are named ``<domain>/<part>``."""


class Texts:
    """One split of the texts of several tasks, batch by batch, on the device."""

    def __init__(
        self,
        tasks: Mapping[str, TextTask],
        device: str | torch.device = "cpu",
        padding: int = 0,
        most: int = 0,
    ) -> None:
        self.tasks = dict(tasks)
        self._device, self._padding = torch.device(device), padding
        self.counts = {
            name: min(len(one), most) if most else len(one) for name, one in tasks.items()
        }
        """Texts of every task; the first ``most``, where given."""

    def __len__(self) -> int:
        return sum(self.counts.values())

    @cached_property
    def mean_length(self) -> int:
        """Pieces of a text, the mean over all."""
        lengths = [one.lengths[: self.counts[name]] for name, one in self.tasks.items()]
        return max(1, round(float(np.concatenate(lengths).mean()))) if len(self) else 1

    def batch(self, chosen: list[tuple[str, int]]) -> Batch:
        """Return the texts at (task, row), and the labels of all tasks."""
        found = [(name, row, self.tasks[name].pieces(row)) for name, row in chosen]
        longest = max(len(pieces["tokens"]) for _, _, pieces in found)
        pieces = np.zeros((len(found), 3, longest), dtype=np.int64)
        pieces[:, 0] = self._padding
        for place, (_, _, one) in enumerate(found):
            count = len(one["tokens"])
            pieces[place, 0, :count] = one["tokens"]
            pieces[place, 1, :count] = one["segments"]
            pieces[place, 2, :count] = 1
        labels = {
            name: _LABELS.get(one.task.kind, _whole)(one, name, found, longest)
            for name, one in self.tasks.items()
        }
        on_device = {
            name: Label(*(torch.from_numpy(part).to(self._device) for part in label))
            for name, label in labels.items()
        }
        return Batch(torch.from_numpy(pieces).to(self._device), on_device)

    def batches(self, batch_size: int) -> Iterator[Batch]:
        """Iterate over every text once, task by task, texts of like length together."""
        for name, one in self.tasks.items():
            order = np.argsort(one.lengths[: self.counts[name]], kind="stable")
            for start in range(0, len(order), batch_size):
                yield self.batch([(name, int(row)) for row in order[start : start + batch_size]])


Found = list[tuple[str, int, dict[str, Array]]]


def _whole(one: TextTask, name: str, found: Found, longest: int) -> tuple[Array, Array]:
    """Labels of texts as a whole: classes (N,), or numbers (N, 1)."""
    values = one.values
    label = np.zeros((len(found), *values.shape[1:]), dtype=values.dtype)
    valid = np.array([of == name for of, _, _ in found])
    for place, (of, row, _) in enumerate(found):
        if of == name:
            label[place] = values[row]
    if not one.task.is_class:
        label = ((label - one.task.offset) / one.task.scale).astype(np.float32)
    return label, valid


def _tags(one: TextTask, name: str, found: Found, longest: int) -> tuple[Array, Array]:
    """Labels of words, (N, L), each at its first piece; other pieces carry none."""
    label = np.zeros((len(found), longest), dtype=np.int64)
    valid = np.zeros((len(found), longest), dtype=bool)
    for place, (of, row, pieces) in enumerate(found):
        if of != name:
            continue
        words = pieces["words"]
        first = np.flatnonzero(words >= 0)
        tags = one.tags(row)[words[first]]
        label[place, first] = np.maximum(tags, 0)
        valid[place, first] = tags >= 0
    return label, valid


def _spans(one: TextTask, name: str, found: Found, longest: int) -> tuple[Array, Array]:
    """First and last piece of the first answer, and the text's row from 1, (N, 3).

    The row is 0 where the text is another task's. Not valid where the answer was cut off with the
    end of its text.
    """
    label = np.zeros((len(found), 3), dtype=np.int64)
    valid = np.zeros(len(found), dtype=bool)
    for place, (of, row, pieces) in enumerate(found):
        if of != name:
            continue
        start, end = one.values[row]
        # A piece without characters of the context stands at -1 to -1.
        inside = (pieces["ends"] > start) & (pieces["starts"] < end) & (pieces["starts"] >= 0)
        at = np.flatnonzero(inside)
        label[place, 2] = row + 1
        if len(at) and pieces["ends"].max() >= end:
            label[place, :2] = at[0], at[-1]
            valid[place] = True
    return label, valid


_LABELS: dict[str, Callable[[TextTask, str, Found, int], tuple[Array, Array]]] = {
    "tags": _tags,
    "span": _spans,
}


@dataclass
class TextStream:
    """One seed's batches of training texts, drawn from those of all tasks put together.

    With ``temperature`` 1 an epoch is every text once, so a task is drawn in proportion to its
    texts; with T the chance of a task of n texts goes with n^(1/T), and an epoch is as many texts.
    Texts of like length share a batch; which batch comes when is random.
    """

    texts: Texts
    settings: Settings
    seed: int
    steps: int = field(init=False)

    def __post_init__(self) -> None:
        self.steps = max(1, len(self.texts) // self.settings.batch_size)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """Iterate over the batches of an epoch, counted from 0."""
        drawn, size = self._drawn(epoch), self.settings.batch_size
        rng = numpy_stream(self.seed, "batches", epoch)
        lengths = np.array([self.texts.tasks[name].lengths[row] for name, row in drawn])
        batches: list[Array] = []
        for start in range(0, len(drawn), BUCKET * size):
            bucket = np.arange(start, min(start + BUCKET * size, len(drawn)))
            bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
            batches += [bucket[at : at + size] for at in range(0, len(bucket), size)]
        whole = [batch for batch in batches if len(batch) == size] or batches[:1]
        for place in rng.permutation(len(whole))[: self.steps]:
            yield self.texts.batch([drawn[at] for at in whole[place]])

    def _drawn(self, epoch: int) -> list[tuple[str, int]]:
        """Return the texts of an epoch in random order."""
        rng = numpy_stream(self.seed, "order", epoch)
        counts, temperature = self.texts.counts, self.settings.temperature
        every = [(name, row) for name, count in counts.items() for row in range(count)]
        if temperature == 1:
            return [every[at] for at in rng.permutation(len(every))]
        names = list(counts)
        chances = np.array([counts[name] for name in names], dtype=float) ** (1 / temperature)
        picked = rng.choice(len(names), size=len(every), p=chances / chances.sum())
        rows = {name: _endless(rng, counts[name]) for name in names}
        return [(names[at], next(rows[names[at]])) for at in picked]


def _endless(rng: np.random.Generator, count: int) -> Iterator[int]:
    """Yield rows for ever, each once before any comes again."""
    while True:
        yield from (int(row) for row in rng.permutation(count))
