"""Whether a score is judged by gains that its own networks are part of."""

from __future__ import annotations

from specbench.scores.contract import Needs
from specbench.scores.registry import SCORES
from specbench.spec.data import PublishedData
from specbench.spec.models import GainSection
from specbench.spec.study import Condition
from specbench.store.groups import HOA

_OTHER_RUNS = frozenset({"td", "nce", "tag", "cs", "etap", "grad_tag"})
"""Published scores of labels alone, or of the network of all tasks, which is no pair's."""


def shares_runs(score: str, condition: Condition, gain: GainSection, *, groups: bool) -> bool:
    """Tell whether a score reads networks whose losses make up the gains of pairs, or of groups.

    Half-capacity single nets do so only as the gain's baseline; the net of all tasks where it is
    itself a pair, or one of the groups. Of a published score that is not known here the safer is
    taken: it does.
    """
    if score == HOA:
        return True
    if isinstance(condition.settings.data, PublishedData) or score not in SCORES:
        return score not in _OTHER_RUNS
    needs = SCORES[score].needs
    if needs is Needs.GAINS:
        return True
    if needs in (Needs.HALF_SINGLES, Needs.INJECTED, Needs.FINETUNED):
        return gain.baseline == "half"
    if needs is Needs.PAIRS:
        return not groups
    if needs in (Needs.JOINT, Needs.ALL):
        return groups or len(condition.tasks) == 2
    return False


def sizes_read(score: str, condition: Condition) -> frozenset[int]:
    """Return how many tasks the networks learn that a score reads; all sizes where not known."""
    every = frozenset(range(1, len(condition.tasks) + 1))
    if isinstance(condition.settings.data, PublishedData) or score not in SCORES:
        return every
    needs = SCORES[score].needs
    if needs in (Needs.HALF_SINGLES, Needs.INJECTED, Needs.FINETUNED):
        return frozenset({1})
    if needs in (Needs.PAIRS, Needs.JOINT, Needs.ALL):
        return frozenset({2 if needs is Needs.PAIRS else len(condition.tasks)})
    return every
