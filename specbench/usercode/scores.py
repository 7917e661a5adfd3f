"""Scores of the user's: instances of ``Score`` in ``SCORES``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from specbench.names import COMPUTED
from specbench.origin import Origin, Own
from specbench.scores.contract import Needs, Score
from specbench.scores.registry import BUILT_IN, OWN, SCORES
from specbench.usercode.kind import Kind, wrong_fields

_FIELDS = {
    "name": str,
    "title": str,
    "family": str,
    "symmetric": bool,
    "needs": Needs,
    "version": int,
    "source": str,
}


class UserScores(Kind):
    """Named by ``[scores.NAME]``."""

    variable = "SCORES"
    word = "score"
    taken = frozenset({*BUILT_IN, *COMPUTED})

    def complaint(self, thing: Any) -> str:
        """Return what the declaration of a score lacks."""
        if not isinstance(thing, Score):
            return (
                f"SCORES holds {thing!r}, which is no instance of specbench.scores.contract.Score"
            )
        wrong = wrong_fields(thing, _FIELDS)
        if not wrong and not is_dataclass(thing.Settings):
            wrong = f"{type(thing).__name__}.Settings should be a dataclass"
        return wrong

    def install(self, things: Mapping[str, Any], sha: str) -> None:
        """Put the scores beside those built in."""
        OWN.clear()
        OWN.update({n: Own(score, Origin(score.version, sha)) for n, score in things.items()})
        SCORES.clear()
        SCORES.update({**BUILT_IN, **things})
