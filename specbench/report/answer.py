"""The answer in words, by rule: the page and the tests read the same sentences.

Sentences are plain text. A rule says nothing rather than something the numbers do not carry.
"""

from __future__ import annotations

from collections.abc import Callable

from specbench.report.findings import Findings
from specbench.report.ranking import LEVEL, ranking, value_of
from specbench.report.rules import gains, methods, scores, transfer
from specbench.report.vocabulary import score_title

Rule = Callable[[Findings], str]

RULES: tuple[Rule, ...] = (
    gains.definition_rule,
    gains.helped,
    gains.extremes_rule,
    gains.seeds_rule,
    scores.missing_rule,
    gains.ceiling_rule,
    scores.best_rule,
    scores.others_rule,
    scores.chance_rule,
    scores.shared_rule,
    scores.partner_rule,
    scores.cost_rule,
    scores.conditions_rule,
    methods.methods_rule,
    gains.mean_rule,
)


def headline(found: Findings) -> str:
    """Return the one sentence to remember."""
    ranked = ranking(found)
    pretrained = transfer.main_of(found)
    if pretrained is not None:
        return transfer.headline(pretrained)
    if not found.gains.all:
        return "There is no gain to report yet."
    if not found.study.scores:
        return gains.helped(found)
    if not ranked:
        return "How well the scores predict the gain cannot be estimated from these runs."
    best = ranked[0]
    name = score_title(best.score)
    if value_of(best) <= 0:
        return "No score predicts the gain of joint learning."
    if best.corrected is None:
        return f"{name} follows the gain most closely, with no test of whether that is chance."
    if best.corrected >= LEVEL:
        return f"{name} comes out first, but no score can be told from chance."
    if best.marked:
        return f"{name} follows the gain most closely, but on runs it shares with the gain."
    return f"{name} predicts the gain of joint learning best, and better than chance."


def sentences(found: Findings) -> list[str]:
    """Return the sentences below the headline, in order."""
    said = [rule(found) for rule in (transfer.RULES if found.transfers else RULES)]
    first = headline(found)
    return [text for text in said if text and text != first]
