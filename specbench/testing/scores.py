"""The laws of a score as tests: subclass :class:`ScoreContract` for a score of your own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from specbench.scores.contract import Pair, PairScore, Score, Scored, State, ordered_pairs
from specbench.testing.probes import TASKS, make_inputs


class ScoreContract:
    """Laws that every score has to keep. A test file says no more than::

    class TestMyScore(ScoreContract):
        score = MyScore()
    """

    score: ClassVar[Score]

    def compute(self, folder: Path, tasks: Iterable[str] = TASKS) -> Scored:
        """Return what the score yields on a small bench."""
        return self.score.compute(make_inputs(folder, self.score, tasks))

    def test_it_declares_itself(self) -> None:
        """The name is one lower-case word, the paper is named, the settings have defaults."""
        score = self.score
        assert score.name == score.name.lower()
        assert score.name.isidentifier()
        assert score.title
        assert score.family
        assert score.source
        assert score.version >= 1
        assert score.settings({}) == score.Settings()

    def test_every_ordered_pair_has_a_value_or_a_reason(self, tmp_path: Path) -> None:
        """No pair is left out, none is infinite, and none is undefined without a word."""
        inputs = make_inputs(tmp_path, self.score)
        scored = self.score.compute(inputs)
        assert set(scored.pairs) == set(ordered_pairs(inputs.tasks))
        for pair, found in scored.pairs.items():
            if found.state is State.DEFINED:
                assert found.value is not None, pair
                assert math.isfinite(found.value), pair
            else:
                assert found.value is None, pair
                assert found.reason, pair
        for pair, reason in self.score.undefined(inputs.tasks).items():
            assert scored.pairs[pair] == PairScore(None, State.UNDEFINED, reason)

    def test_some_pair_is_defined(self, tmp_path: Path) -> None:
        """The bench's tasks mean something to the score."""
        states = {found.state for found in self.compute(tmp_path).pairs.values()}
        assert State.DEFINED in states

    def test_it_is_symmetric_if_it_says_so(self, tmp_path: Path) -> None:
        """(a, b) and (b, a) have exactly the same value where the score says so."""
        pairs = self.compute(tmp_path).pairs
        if self.score.symmetric:
            assert all(pairs[a, b] == pairs[b, a] for a, b in pairs)

    def test_the_order_of_tasks_does_not_matter(self, tmp_path: Path) -> None:
        """Tasks in another order give exactly the same values."""
        forward = self.compute(tmp_path, TASKS).pairs
        assert self.compute(tmp_path, TASKS[::-1]).pairs == forward

    def test_other_tasks_do_not_matter(self, tmp_path: Path) -> None:
        """The value of a pair is that of the two alone, to rounding."""
        whole = self.compute(tmp_path).pairs
        for pair in (TASKS[:2], TASKS[2:]):
            for key, found in self.compute(tmp_path, pair).pairs.items():
                assert _close(found, whole[key]), key

    def test_equal_inputs_give_equal_values(self, tmp_path: Path) -> None:
        """A score draws no random number that is not seeded."""
        assert self.compute(tmp_path).pairs == self.compute(tmp_path).pairs

    def test_its_cost_is_a_number(self, tmp_path: Path) -> None:
        """Multiply-adds are finite and not negative, and grow no smaller with more tasks."""
        macs = self.compute(tmp_path).macs
        assert math.isfinite(macs)
        assert 0 <= self.compute(tmp_path, TASKS[:2]).macs <= macs


def values(scored: Scored) -> dict[Pair, float | None]:
    """Return the bare values of what a score yields."""
    return {pair: found.value for pair, found in scored.pairs.items()}


def _close(one: PairScore, two: PairScore) -> bool:
    if one.value is None or two.value is None:
        return one == two
    return math.isclose(one.value, two.value, rel_tol=1e-4, abs_tol=1e-6)
