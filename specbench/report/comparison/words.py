"""What a comparison says: the sentence to remember, and those below it in order.

A rule takes a comparison and returns a sentence, or nothing where the numbers carry none.
"""

from __future__ import annotations

from collections.abc import Callable

from specbench.report.agreement import Estimate
from specbench.report.comparison import gain_words, score_words
from specbench.report.comparison.studies import Comparison
from specbench.report.numerals import counted, listing
from specbench.report.ranking import LEVEL


def headline(beside: Comparison) -> str:
    """Return the one sentence to remember."""
    if not beside.tasks and not beside.scores:
        return "These studies have nothing in common: no task and no score."
    if not beside.judged:
        return _without_scores(beside)
    leaders = [beside.leader(at, beside.judged) for at in beside.places]
    vain = [at for at in beside.places if (beside.value(at, leaders[at]) or 0.0) <= 0]
    if vain:
        return f"No score that {beside.everyone} have predicts the gain in {beside.named(vain)}."
    sure = [at for at in beside.places if _sure(beside.estimate(at, leaders[at]))]
    if len(beside.judged) == 1:
        only = f"{beside.title(leaders[0])} is the only score that {beside.everyone} judge"
        return f"{only}{_chance(beside, sure)}."
    if len(set(leaders)) == 1:
        return f"{beside.title(leaders[0])} leads in {beside.everyone}{_chance(beside, sure)}."
    led = [f"{beside.title(score)} in {beside.named(_where(leaders, score))}"
           for score in dict.fromkeys(leaders)]  # fmt: skip
    return f"Different scores lead: {listing(led)}{_chance(beside, sure)}."


def sentences(beside: Comparison) -> list[str]:
    """Return the sentences below the headline, in order."""
    first = headline(beside)
    said = [rule(beside) for rule in RULES]
    return [text for text in said if text and text != first]


Rule = Callable[[Comparison], str]
RULES: tuple[Rule, ...] = (
    gain_words.tasks_rule,
    gain_words.gains_rule,
    gain_words.ceiling_rule,
    gain_words.signs_rule,
    gain_words.partners_rule,
    score_words.scores_rule,
    score_words.leaders_rule,
    score_words.overlap_rule,
    score_words.order_rule,
    score_words.values_rule,
    gain_words.definitions_rule,
    score_words.fits_rule,
)


def _without_scores(beside: Comparison) -> str:
    if not beside.tasks:
        return "These studies have no task in common, and no score that all of them judge."
    if any(beside.gains_agree(*couple)[0] is not None for couple in beside.couples):
        return gain_words.gains_rule(beside)
    return f"The studies share {counted(len(beside.tasks), 'task')}, but no score judged in each."


def _where(leaders: list[str], score: str) -> list[int]:
    return [at for at, leader in enumerate(leaders) if leader == score]


def _sure(one: Estimate | None) -> bool:
    return one is not None and one.corrected is not None and one.corrected < LEVEL


def _chance(beside: Comparison, sure: list[int]) -> str:
    if not sure:
        no = "neither" if len(beside.found) == 2 else "none"
        return f", but in {no} can it be told from chance"
    if len(sure) == len(beside.found):
        return ", and better than chance in each"
    return f", better than chance only in {beside.named(sure)}"
