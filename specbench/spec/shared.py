"""Which tasks of a table have labelled rows in common, for the scores that need some."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from specbench.data.table.columns import read_columns
from specbench.errors import DataError
from specbench.scores.contract import Pair, Score
from specbench.spec.study import Condition, Study
from specbench.spec.table_models import TableData


def unshared(condition: Condition) -> list[Pair]:
    """Return the pairs of tasks (each once) of which no row of the table has both labels.

    Reads the file; none where it is not there, or cannot be read, which a run will say.
    """
    data, tasks = condition.settings.data, condition.tasks
    if not isinstance(data, TableData) or not Path(data.path).is_file():
        return []
    try:
        columns = read_columns(Path(data.path), [task.domain for task in tasks.values()])
    except DataError:
        return []
    known = {
        name: np.array([bool(cell) for cell in columns.cells[task.domain]])
        for name, task in tasks.items()
    }
    pairs = itertools.combinations(sorted(tasks), 2)
    return [(a, b) for a, b in pairs if not (known[a] & known[b]).any()]


def refusal(score: Score, condition: Condition) -> str:
    """Return why no pair can have a score that needs labels in common; '' where one can."""
    if not score.shared_labels or len(condition.tasks) < 2:
        return ""
    pairs = len(condition.tasks) * (len(condition.tasks) - 1) // 2
    if len(unshared(condition)) < pairs:
        return ""
    return (
        f"score '{score.name}' needs rows with the labels of two tasks, and no two tasks share any"
    )


def notes(study: Study, scores: dict[str, Score]) -> list[str]:
    """Return a line for every pair of tasks that a score of the study has no meaning for."""
    needing = [name for name in study.scores if scores[name].shared_labels]
    if not needing:
        return []
    pairs = dict.fromkeys(pair for one in study.conditions for pair in unshared(one))
    return [
        f"{', '.join(needing)}: undefined for {a} and {b}, no row has both labels" for a, b in pairs
    ]
