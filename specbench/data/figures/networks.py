"""Losses and gains of networks: one row per network and target, or per target and partner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from specbench.data.figures.place import PLACE, Place, place_of, refuse_repeated, require_columns
from specbench.data.figures.table import Line, Table, parse_table

LOSSES = {"val_loss": "val", "test_loss": "test", "early_val_loss": "early_val"}
"""Columns of losses and the split that each becomes in the store."""
GAINS = {"gain": 1.0, "gain_percent": 100.0}
"""Columns of gains and what each is divided by to be a fraction."""


@dataclass(frozen=True)
class Losses:
    """What is known of one target in one network of one seed; losses not given are absent."""

    place: Place
    capacity: float | None
    macs: float | None
    """Multiply-adds of one image."""
    by_split: Mapping[str, float]


@dataclass(frozen=True)
class Gain:
    """The gain of a target in a network of two tasks or more, a fraction."""

    place: Place
    gain: float


def read_losses(path: Path, content: bytes, tasks: Collection[str]) -> list[Losses]:
    """Return the losses of a file, checked. Raises DataError with a line per problem."""
    table = parse_table(path, content, (*PLACE, "capacity", "macs", *LOSSES))
    require_columns(table, values=LOSSES)
    found = []
    for line in table.lines:
        values = {split: table.number(line, column) for column, split in LOSSES.items()}
        known = {split: value for split, value in values.items() if value is not None}
        if not any(line.text(column) for column in LOSSES):
            table.problem(line, "a row without a loss")
        capacity, macs = (_positive(table, line, column) for column in ("capacity", "macs"))
        if macs is not None and macs != int(macs):
            words = "is no whole number of multiply-adds for one image"
            table.problem(line, f"macs = {line.text('macs')!r} {words}")
        place = place_of(table, line, tasks)
        if place is not None:
            found.append((line, Losses(place, capacity, macs, known)))
    found = _with_capacities(found)
    refuse_repeated(table, ((line, (x.place, x.capacity), _words(x)) for line, x in found))
    _refuse_two_costs(table, found)
    table.refuse()
    return [losses for _, losses in found]


def read_gains(path: Path, content: bytes, tasks: Collection[str]) -> list[Gain]:
    """Return the gains of a file, checked. Raises DataError with a line per problem."""
    table = parse_table(path, content, (*PLACE, *GAINS))
    require_columns(table, values=GAINS)
    found = []
    for line in table.lines:
        place, value = place_of(table, line, tasks), _gain(table, line)
        if place is not None and place.alone:
            table.problem(line, f"{place.target!r} alone has no gain: name its partner")
        elif place is not None and value is not None:
            found.append((line, Gain(place, value)))
    refuse_repeated(table, ((line, x.place, _named(x.place)) for line, x in found))
    table.refuse()
    return [gain for _, gain in found]


def _gain(table: Table, line: Line) -> float | None:
    given = [column for column in GAINS if line.text(column)]
    if len(given) != 1:
        table.problem(line, "a row without a gain" if not given else "two gains in one row")
        return None
    value = table.number(line, given[0])
    return None if value is None else value / GAINS[given[0]]


def _positive(table: Table, line: Line, column: str) -> float | None:
    value = table.number(line, column)
    if value is not None and value <= 0:
        table.problem(line, f"{column} = {line.text(column)!r} is not above 0")
    return value


def _with_capacities(found: list[tuple[Line, Losses]]) -> list[tuple[Line, Losses]]:
    """Return the rows, those without a capacity with the one that other rows give the network.

    Where these give several, or have filled the cell already, it stays unstated.
    """
    stated: dict[str, set[float]] = {}
    for _, one in found:
        if one.capacity is not None:
            stated.setdefault(one.place.network, set()).add(one.capacity)
    filled = {(one.place, one.capacity) for _, one in found}
    result = []
    for line, one in found:
        known = stated.get(one.place.network, set())
        if one.capacity is None and len(known) == 1 and (one.place, min(known)) not in filled:
            one = replace(one, capacity=min(known))
        result.append((line, one))
    return result


def _refuse_two_costs(table: Table, found: list[tuple[Line, Losses]]) -> None:
    """Note networks with two costs at one capacity."""
    costs: dict[tuple[int, str, float | None], tuple[float | None, int]] = {}
    for line, one in found:
        network = (one.place.seed, one.place.network, one.capacity)
        macs, first = costs.setdefault(network, (one.macs, line.number))
        if macs != one.macs:
            words = f"network {one.place.network!r} has other macs than in line {first}"
            table.problem(line, words)


def _words(one: Losses) -> str:
    size = "" if one.capacity is None else f" at capacity {one.capacity:g}"
    return _named(one.place) + size


def _named(place: Place) -> str:
    return f"{place.target!r} in network {place.network!r}, seed {place.seed},"
