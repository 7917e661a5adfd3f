"""The sets of sources of a transfer study as a person would draw them: how many, at what cost."""

from __future__ import annotations

from collections.abc import Iterable

from specbench.names import split
from specbench.plan.grid import Finetuned
from specbench.scheduler.state import State
from specbench.scheduler.survey import Survey

_TO_RUN = (State.WAITING, State.RUNNING)


def transfer_rows(survey: Survey, condition: str) -> list[tuple[str, ...]]:
    """Return a head and a row a set: its pre-trainings and finetunings, and what they cost.

    Nothing where the condition has no sets. A pre-training that sets share stands with each.
    """
    cells = [cell for cell in survey.plan.transfers if cell.condition == condition]
    if not cells:
        return []
    rows: list[tuple[str, ...]] = [
        (
            "source set",
            "sources",
            "pre-trainings",
            "multiply-adds",
            "finetunings",
            "multiply-adds",
            "done",
            "to run",
        )
    ]
    for name in dict.fromkeys(cell.source_set for cell in cells):
        own = [cell for cell in cells if cell.source_set == name]
        first = list(dict.fromkeys(key for cell in own for key in split(cell.pretrained) if key))
        second = [cell.key for cell in own]
        keys = list(dict.fromkeys([*first, *second]))
        rows.append(
            (
                name,
                _sizes(own),
                str(len(first)),
                _work(survey, first),
                str(len(set(second))),
                _work(survey, second),
                str(survey.count(keys, State.DONE)),
                str(survey.count(keys, *_TO_RUN)),
            )
        )
    every = list(dict.fromkeys(k for cell in cells for k in split(cell.pretrained) if k))
    finetuned = list(dict.fromkeys(cell.key for cell in cells))
    keys = list(dict.fromkeys([*every, *finetuned]))
    counts = (str(survey.count(keys, State.DONE)), str(survey.count(keys, *_TO_RUN)))
    first_stage = (str(len(every)), _work(survey, every))
    second_stage = (str(len(finetuned)), _work(survey, finetuned))
    rows.append(("together, each once", "", *first_stage, *second_stage, *counts))
    return rows


def _sizes(cells: Iterable[Finetuned]) -> str:
    sizes = sorted({len(split(cell.sources)) if cell.sources else 0 for cell in cells})
    return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} – {sizes[-1]}"


def _work(survey: Survey, keys: Iterable[str]) -> str:
    return si(sum(survey.plan.jobs[key].work for key in dict.fromkeys(keys)))


def si(number: float) -> str:
    """Return a number with three digits and a decimal prefix: 1.25 G."""
    for power, prefix in ((18, "E"), (15, "P"), (12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if number >= 0.9995 * 10**power:
            return f"{number / 10**power:.3g} {prefix}"
    return f"{number:.3g}"
