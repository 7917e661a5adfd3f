"""Which cell of a study a row of figures fills: seed, network and target."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

from specbench.data.figures.table import Line, Table
from specbench.names import join, split

PLACE = ("seed", "network", "target", "partner")
"""The columns that say it: `target` beside `network` or `partner`; no `seed` means seed 0."""


@dataclass(frozen=True)
class Place:
    """One target in one network of one seed."""

    seed: int
    network: str
    target: str

    @property
    def alone(self) -> bool:
        """Whether the network learns nothing else."""
        return self.network == self.target


def require_columns(table: Table, *, values: Collection[str]) -> None:
    """Raise DataError unless the header names a place and at least one of ``values``."""
    head = Line(1, {})
    if "target" not in table.columns:
        table.problem(head, "column 'target' is missing")
    if not {"network", "partner"} & set(table.columns):
        table.problem(head, "column 'network' or 'partner' is missing")
    if {"network", "partner"} <= set(table.columns):
        table.problem(head, "columns 'network' and 'partner' say the same: one is enough")
    if not set(values) & set(table.columns):
        names = ", ".join(f"'{name}'" for name in values)
        table.problem(head, f"no column of values: at least one of {names} is needed")
    table.refuse()


def place_of(table: Table, line: Line, tasks: Collection[str]) -> Place | None:
    """Return the place of a row; None, and a problem noted, where it has none."""
    seed, target = seed_of(table, line), task_in(table, line, "target", tasks)
    if "network" in table.columns:
        members = split(line.text("network"))
    else:
        members = tuple(name for name in (line.text("target"), line.text("partner")) if name)
    members = tuple(name.strip() for name in members)
    unknown = [name for name in members if name not in tasks and name != line.text("target")]
    for name in unknown:
        table.problem(line, unknown_task(name, tasks))
    if len(set(members)) < len(members):
        table.problem(line, f"a task stands twice in network {join(members)!r}")
        return None
    if target is not None and target not in members:
        table.problem(line, f"target {target!r} is not a task of network {join(members)!r}")
        return None
    return None if unknown or target is None or seed is None else Place(seed, join(members), target)


def seed_of(table: Table, line: Line) -> int | None:
    """Return the seed of a row: 0 where it says nothing, None where it says no whole number."""
    if not line.text("seed"):
        return 0
    return table.whole(line, "seed")


def task_in(table: Table, line: Line, column: str, tasks: Collection[str]) -> str | None:
    """Return the task that a cell names; None, and a problem noted, where it names none."""
    name = line.text(column)
    if name in tasks:
        return name
    table.problem(line, unknown_task(name, tasks) if name else f"{column} is empty")
    return None


def unknown_task(name: str, tasks: Collection[str]) -> str:
    """Return the sentence that refuses a name which is no task of the study."""
    near = difflib.get_close_matches(name, list(tasks), n=1, cutoff=0.0)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    return f"unknown task {name!r}: not among the study's tasks{hint}"


def refuse_repeated(table: Table, found: Iterable[tuple[Line, Hashable, str]]) -> None:
    """Note every row whose cell an earlier row has filled; the text says which cell it is."""
    first: dict[Hashable, int] = {}
    for line, cell, words in found:
        if cell in first:
            table.problem(line, f"duplicate: {words} stands in line {first[cell]} already")
        first.setdefault(cell, line.number)
