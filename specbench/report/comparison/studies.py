"""What studies have in common: tasks, pairs and scores that match by name.

Each study keeps its own definition of the gain and its own main condition; where those differ the
page says so. Scores match by their id in lower case.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import duckdb

from specbench.report.agreement import Estimate
from specbench.report.findings import Findings
from specbench.report.numerals import listing
from specbench.report.partners import Choice
from specbench.report.query import ask, equals, has_view
from specbench.report.stability import pearson
from specbench.report.vocabulary import SCORES, score_title

Pair = tuple[str, str]
MEASURE = "pearson"
_Thing = TypeVar("_Thing")


@dataclass(frozen=True)
class Comparison:
    """The findings of two studies or more, in the order they were named.

    A study is meant by its place ``at``; ``labels`` are the scores' names as printed, by place.
    """

    found: tuple[Findings, ...]
    labels: tuple[dict[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the studies."""
        return tuple(one.study.name for one in self.found)

    @property
    def places(self) -> range:
        """The places of the studies."""
        return range(len(self.found))

    @property
    def heading(self) -> str:
        """The names as a title: ``a and b``."""
        return self.named(self.places)

    @property
    def everyone(self) -> str:
        """The studies as a sentence has them: ``both studies``, ``all 3 studies``."""
        return "both studies" if len(self.found) == 2 else f"all {len(self.found)} studies"

    def named(self, places: Iterable[int]) -> str:
        """Return the names of some of the studies, as a sentence has them."""
        return listing([self.names[at] for at in places])

    @property
    def couples(self) -> list[tuple[int, int]]:
        """Every two studies."""
        return list(itertools.combinations(self.places, 2))

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """Tasks of every study, in the order of the first."""
        return _common([one.study.tasks for one in self.found])

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Ordered pairs that have a gain in every study."""
        return _common([[(c.target, c.partner) for c in one.gains.all] for one in self.found])

    @cached_property
    def any_pairs(self) -> tuple[Pair, ...]:
        """Ordered pairs that have a gain in two studies or more."""
        held = [pair for one in self.found for pair in one.gains.cells]
        every = dict.fromkeys((c.target, c.partner) for one in self.found for c in one.gains.all)
        return tuple(pair for pair in every if held.count(pair) > 1)

    @cached_property
    def scores(self) -> tuple[str, ...]:
        """Scores of every study, as ids in lower case."""
        return _common([[s.lower() for s in one.study.scores] for one in self.found])

    @cached_property
    def every_score(self) -> tuple[str, ...]:
        """Scores of any study, those of all studies first."""
        held = (score.lower() for one in self.found for score in one.study.scores)
        return tuple(dict.fromkeys([*self.scores, *held]))

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """Scores whose agreement with the gain is known in every study."""
        return tuple(s for s in self.scores if all(self.value(at, s) is not None
                                                   for at in self.places))  # fmt: skip

    def title(self, score: str) -> str:
        """Return a score's printed name: ours, else the first that a study prints, else its id."""
        if score in SCORES:
            return score_title(score)
        printed = [self.labels[at].get(score) for at in self.places]
        own = [self._own(at, score) for at in self.places]
        return next(name for name in (*printed, *own, score) if name)

    def estimate(self, at: int, score: str) -> Estimate | None:
        """Return the agreement of a score by which a study judges it, over all pairs."""
        own, found = self._own(at, score), self.found[at]
        return found.agreement.judged(own, MEASURE, found.study.main) if own else None

    def value(self, at: int, score: str) -> float | None:
        """Return the value of :meth:`estimate`."""
        one = self.estimate(at, score)
        return one.value if one is not None else None

    def leader(self, at: int, scores: Iterable[str]) -> str:
        """Return which of ``scores``, all judged, comes first in a study."""
        return max(sorted(scores), key=lambda score: self.value(at, score) or 0.0)

    def gains(self, at: int) -> dict[Pair, float]:
        """Return a study's gains, means over seeds, as fractions."""
        return {pair: cell.mean for pair, cell in self.found[at].gains.cells.items()}

    def values(self, at: int, score: str) -> dict[Pair, float]:
        """Return a score's values in a study, means over seeds."""
        return self.found[at].scores.values.get(self._own(at, score), {})

    def choice(self, at: int, score: str, target: str) -> Choice | None:
        """Return the partner that a score chooses for a target in a study."""
        return self.found[at].choices.get((self._own(at, score), target))

    def gains_agree(self, one: int, other: int) -> tuple[float | None, int]:
        """Return Pearson's correlation of two studies' gains, and over how many pairs."""
        return _agree(self.gains(one), self.gains(other))

    def values_agree(self, score: str, one: int, other: int) -> tuple[float | None, int]:
        """Return the same for the values of a score."""
        return _agree(self.values(one, score), self.values(other, score))

    def _own(self, at: int, score: str) -> str:
        """Return the id that a study itself gives a score, or an empty text."""
        mine = self.found[at].study.scores
        return next((own for own in mine if own.lower() == score), "")


def compare(connection: duckdb.DuckDBPyConnection, found: Sequence[Findings]) -> Comparison:
    """Set studies side by side that were read from the store of ``connection``."""
    return Comparison(tuple(found), tuple(_labels(connection, one.study.name) for one in found))


def _labels(connection: duckdb.DuckDBPyConnection, study: str) -> dict[str, str]:
    if not has_view(connection, "score_labels"):
        return {}
    sql = f"SELECT score, label FROM score_labels WHERE {equals(study=study)} ORDER BY ALL"
    return {row["score"].lower(): row["label"] for row in ask(connection, sql).rows}


def _agree(one: dict[Pair, float], other: dict[Pair, float]) -> tuple[float | None, int]:
    return pearson(one, other), len(set(one) & set(other))


def _common(lists: Sequence[Sequence[_Thing]]) -> tuple[_Thing, ...]:
    rest = [set(one) for one in lists[1:]]
    return tuple(dict.fromkeys(one for one in lists[0] if all(one in other for other in rest)))
