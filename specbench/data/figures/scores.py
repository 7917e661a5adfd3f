"""Scores of ordered pairs: one row per score, target and partner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from specbench.data.figures.place import refuse_repeated, seed_of, task_in
from specbench.data.figures.table import Line, parse_table
from specbench.names import COMPUTED

_REQUIRED = ("score", "target", "partner", "value")


@dataclass(frozen=True)
class ScoreValue:
    """The value of one ordered pair under one score, in the unit that the study asks for."""

    seed: int
    score: str
    """Identity of the score: its label in lower case."""
    target: str
    partner: str
    value: float


@dataclass(frozen=True)
class Scores:
    """All values of a file, and how each score is written in it."""

    values: tuple[ScoreValue, ...]
    labels: Mapping[str, str]


def read_scores(
    path: Path, content: bytes, tasks: Collection[str], scale: Mapping[str, float]
) -> Scores:
    """Return the scores of a file, checked, each multiplied by its factor in ``scale``, if any.

    Names of scores match whatever their case. Raises DataError with a line per problem.
    """
    table = parse_table(path, content, (*_REQUIRED, "seed"))
    for column in _REQUIRED:
        if column not in table.columns:
            table.problem(Line(1, {}), f"column '{column}' is missing")
    table.refuse()
    factors = {name.lower(): factor for name, factor in scale.items()}
    labels: dict[str, str] = {}
    found = []
    for line in table.lines:
        label, value, seed = line.text("score"), table.number(line, "value"), seed_of(table, line)
        target = task_in(table, line, "target", tasks)
        partner = task_in(table, line, "partner", tasks)
        if not label or not line.text("value"):
            table.problem(line, f"{'value' if label else 'score'} is empty")
        if target is not None and target == partner:
            table.problem(line, f"target and partner are both {target!r}")
        if None in (target, partner, value, seed) or not label:
            continue
        assert target is not None
        assert partner is not None
        assert value is not None
        assert seed is not None
        name = label.lower()
        if name in COMPUTED:
            words = f"score {label!r} has the name of something that is computed here"
            table.problem(line, f"{words}: give it another, such as {label + ' printed'!r}")
            continue
        labels.setdefault(name, label)
        one = ScoreValue(seed, name, target, partner, value * factors.get(name, 1.0))
        found.append((line, one))
    refuse_repeated(
        table,
        (
            (
                line,
                (x.seed, x.score, x.target, x.partner),
                f"{labels[x.score]} of {x.target!r} with {x.partner!r}, seed {x.seed},",
            )
            for line, x in found
        ),
    )
    table.refuse()
    return Scores(tuple(x for _, x in found), labels)


def unused_factors(scores: Scores, scale: Mapping[str, float]) -> list[str]:
    """Return the names in ``scale`` that no score of the file has."""
    return [name for name in scale if name.lower() not in scores.labels]
