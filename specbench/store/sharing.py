"""Whether a score is judged by gains that its own networks are part of."""

from __future__ import annotations

from specbench.scores.contract import Needs
from specbench.scores.registry import SCORES
from specbench.spec.models import GainSection
from specbench.spec.study import Condition
from specbench.store.groups import HOA


def shares_runs(score: str, condition: Condition, gain: GainSection, *, groups: bool) -> bool:
    """Tell whether a score reads networks whose losses make up the gains of pairs, or of groups.

    Half-capacity single nets do so only as the gain's baseline; the net of all tasks where it is
    itself a pair, or one of the groups.
    """
    if score == HOA:
        return True
    needs = SCORES[score].needs
    if needs in (Needs.HALF_SINGLES, Needs.INJECTED):
        return gain.baseline == "half"
    if needs is Needs.PAIRS:
        return not groups
    if needs in (Needs.JOINT, Needs.ALL):
        return groups or len(condition.tasks) == 2
    return False
