"""Metrics of words and of answers: F1 of spans as CoNLL-2000 counts them, exact match and F1 of
SQuAD.

Spans of tags are those of ``seqeval`` in its default mode, the scoring of CoNLL-2000's script: tags
are read as B-, I-, E-, S- and O with a type behind them; a tag without such a prefix is a type, and
neighbouring words of one type are one span.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from specbench.tasks.catalogue import Task
from specbench.tasks.labels import Label
from specbench.tasks.meter import Meter

Span = tuple[str, int, int]
_LONGEST = 30
"""Pieces that an answer may span."""
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PREFIXES = frozenset("BIESO")


class Told(Protocol):
    """What metrics of texts must know beside labels."""

    @property
    def names(self) -> list[str]:
        """Names of the classes."""

    @property
    def contexts(self) -> list[str]:
        """The text of each row in which its answer stands."""

    @property
    def answers(self) -> list[list[str]]:
        """Every right answer of each row."""

    def pieces(self, row: int, /) -> dict[str, npt.NDArray[Any]]:
        """Return ``starts`` and ``ends`` of a row's pieces in its context."""


def spans(tags: Sequence[str]) -> set[Span]:
    """Return the spans of a sentence's tags: type, first word, last word."""
    found: set[Span] = set()
    before, kind, begin = "O", "", 0
    for place, tag in enumerate([*tags, "O"]):
        prefix, name = _parted(tag)
        if _ends(before, prefix, kind, name):
            found.add((kind, begin, place - 1))
        if _begins(before, prefix, kind, name):
            begin = place
        before, kind = prefix, name
    return found


def _parted(tag: str) -> tuple[str, str]:
    """Return prefix and type; a tag without a prefix is inside its own type, ``_`` is outside."""
    if tag[:1] in _PREFIXES and (len(tag) == 1 or tag[1] == "-"):
        return tag[0], tag[2:] or "_"
    return ("O", "_") if tag == "_" else ("I", tag)


def _ends(before: str, prefix: str, kind: str, name: str) -> bool:
    if before == "O":
        return False
    return before in "ES" or prefix in "BSO" or kind != name


def _begins(before: str, prefix: str, kind: str, name: str) -> bool:
    if prefix == "O":
        return False
    return prefix in "BS" or before in "ESO" or kind != name


def span_f1(true: Sequence[Sequence[str]], guess: Sequence[Sequence[str]]) -> float:
    """Return the F1 of all spans of all sentences together; 0 where there is none."""
    right = said = there = 0
    for one, other in zip(true, guess, strict=True):
        mine, theirs = spans(one), spans(other)
        right, said, there = right + len(mine & theirs), said + len(theirs), there + len(mine)
    return 2 * right / (said + there) if said + there else 0.0


class TagMeter(Meter):
    """Keeps the words' classes, right and guessed, and counts spans at the end."""

    def __init__(self, task: Task, told: Told) -> None:
        super().__init__(task)
        self._told = told
        self._sentences: list[tuple[list[int], list[int]]] = []

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch of logits (N, K, L)."""
        guess = output.argmax(1).cpu()
        value, valid = label.value.cpu(), label.valid.cpu()
        for row in torch.nonzero(valid.any(1))[:, 0].tolist():
            words = valid[row]
            self._sentences.append((value[row, words].tolist(), guess[row, words].tolist()))

    def values(self) -> dict[str, float]:
        """Return ``f1_span``."""
        names = self._told.names
        true = [[names[tag] for tag in one] for one, _ in self._sentences]
        guess = [[names[tag] for tag in one] for _, one in self._sentences]
        return {"f1_span": span_f1(true, guess)}


def normalised(answer: str) -> str:
    """Return an answer as SQuAD compares it: no case, punctuation or articles, single spaces."""
    bare = "".join(c for c in answer.lower() if c not in string.punctuation)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def answer_f1(guess: str, answers: Sequence[str]) -> float:
    """Return the F1 of words that two answers share, the best over the right answers."""
    return max(
        (_f1(normalised(guess).split(), normalised(one).split()) for one in answers), default=0
    )


def _f1(guess: Sequence[str], true: Sequence[str]) -> float:
    if not guess or not true:
        return float(guess == true)
    shared = (Counter(guess) & Counter(true)).total()
    return 2 * shared / (len(guess) + len(true))


def exact(guess: str, answers: Sequence[str]) -> float:
    """Return 1 where an answer is one of the right ones, as SQuAD compares them."""
    return float(any(normalised(guess) == normalised(one) for one in answers))


class SpanMeter(Meter):
    """``squad_f1`` and ``exact_match`` of the best spans."""

    def __init__(self, task: Task, told: Told) -> None:
        super().__init__(task)
        self._told = told
        self._sums = np.zeros(3)

    def add(self, output: Tensor, label: Label) -> None:
        """Take a batch of logits of first and last piece, (N, 2, L).

        Every question counts whose text is here, those too whose answer was cut off.
        """
        rows = label.value[:, 2].tolist()
        for place in [place for place, row in enumerate(rows) if row]:
            row = rows[place] - 1
            guess = self._answer(output[place].float().cpu(), row)
            answers = self._told.answers[row]
            self._sums += (answer_f1(guess, answers), exact(guess, answers), 1)

    def _answer(self, logits: Tensor, row: int) -> str:
        """Return the text of the most likely span: the last piece not before the first."""
        pieces = self._told.pieces(row)
        starts = torch.from_numpy(pieces["starts"])
        count = len(starts)
        known = starts >= 0
        first = logits[0, :count].masked_fill(~known, -torch.inf)
        last = logits[1, :count].masked_fill(~known, -torch.inf)
        together = first[:, None] + last[None]
        allowed = torch.ones(count, count, dtype=torch.bool).triu().tril(_LONGEST - 1)
        best = int(together.masked_fill(~allowed, -torch.inf).argmax())
        begin, end = int(pieces["starts"][best // count]), int(pieces["ends"][best % count])
        return self._told.contexts[row][begin:end]

    def values(self) -> dict[str, float]:
        """Return both metrics."""
        f1, same, count = self._sums.tolist()
        if not count:
            return {"squad_f1": float("nan"), "exact_match": float("nan")}
        return {"squad_f1": f1 / count, "exact_match": same / count}
