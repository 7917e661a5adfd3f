"""Transfers: one row per set of sources and target, and the means over targets as printed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from specbench.data.figures.place import refuse_repeated, seed_of, task_in
from specbench.data.figures.table import Line, Table, parse_table

_REQUIRED = ("source_set", "target", "metric", "value")
_COSTS = ("pretrain_macs", "finetune_macs", "seconds")
_FURTHER = ("sources", "split", "seed", "note", *_COSTS)
SPLITS = ("val", "test")


@dataclass(frozen=True)
class Transferred:
    """The value of a target finetuned from a set of sources; target '' is a mean over targets."""

    seed: int
    source_set: str
    sources: str
    """Its tasks or groups joined by ``+``, '' without pre-training; by default the set's name."""
    target: str
    split: str
    metric: str
    value: float
    pretrain_macs: float | None
    finetune_macs: float | None
    seconds: float | None
    note: str


def read_transfers(path: Path, content: bytes, tasks: Collection[str]) -> list[Transferred]:
    """Return the transfers of a file, checked; a split that is not given is ``test``.

    Raises DataError with a line per problem.
    """
    table = parse_table(path, content, (*_REQUIRED, *_FURTHER))
    for column in _REQUIRED:
        if column not in table.columns:
            table.problem(Line(1, {}), f"column '{column}' is missing")
    table.refuse()
    found = [(line, one) for line in table.lines if (one := _row(table, line, tasks)) is not None]
    refuse_repeated(
        table,
        (
            (
                line,
                (x.seed, x.source_set, x.target, x.split, x.metric),
                f"{x.metric} of {x.target or 'the mean'!r} from {x.source_set!r}",
            )
            for line, x in found
        ),
    )
    table.refuse()
    return [one for _, one in found]


def _row(table: Table, line: Line, tasks: Collection[str]) -> Transferred | None:
    """Return what a line holds; None, and a problem noted, where it holds nothing."""
    name, metric, split = line.text("source_set"), line.text("metric"), line.text("split") or "test"
    value, seed = table.number(line, "value"), seed_of(table, line)
    target = task_in(table, line, "target", tasks) if line.text("target") else ""
    pretrain, finetune, seconds = (_cost(table, line, column) for column in _COSTS)
    for column in ("source_set", "metric", "value"):
        if not line.text(column):
            table.problem(line, f"{column} is empty")
    if split not in SPLITS:
        table.problem(line, f"split = {split!r} is none of {', '.join(SPLITS)}")
    if not name or not metric or value is None or seed is None or target is None:
        return None
    sources = line.text("sources") or ("" if name == "none" else name)
    costs = (pretrain, finetune, seconds)
    note = line.text("note")
    return Transferred(seed, name, sources, target, split, metric, value, *costs, note)


def _cost(table: Table, line: Line, column: str) -> float | None:
    value = table.number(line, column)
    if value is not None and value < 0:
        table.problem(line, f"{column} = {line.text(column)!r} is below 0")
    return value
