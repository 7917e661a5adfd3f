"""Tables of transfer for LaTeX: what sets bring, and the paper's tables of quality by group."""

from __future__ import annotations

from collections.abc import Iterator

from specbench.report.findings import Findings
from specbench.report.rules.transfer import set_title
from specbench.report.textables import TexTable, matrix
from specbench.report.transfer import OWN_GROUP, Transfer


def transfer_tables(found: Findings) -> Iterator[TexTable]:
    """Yield two tables a condition: gains by target with costs, and values by group and set."""
    for place, one in enumerate(found.transfers.all()):
        behind = f"_{place}" if place else ""
        words = f", condition {one.condition}" if len(found.transfers.by_condition) > 1 else ""
        yield _gains(one, f"transfer{behind}", words)
        yield _values(one, f"transfer_values{behind}", words)


def _gains(one: Transfer, name: str, words: str) -> TexTable:
    groups, sets = [*one.groups, ""], one.sets
    best = [one.best(group) for group in groups]
    body = [
        [*(_percent(one.gain(each, group)) for group in groups), _cost(one, each)] for each in sets
    ]
    unit = "G multiply-adds" if one.in_macs else "seconds"
    told = "percent of the loss" if one.relative else "points"
    caption = (
        f"Gain over no pre-training in {told}, by set of sources and target, and what "
        f"pre-training costs{words}."
    )
    return matrix(
        name,
        caption,
        "sources",
        [*one.groups, "all targets", unit],
        [set_title(each) for each in sets],
        body,
        [*(1 for _ in groups), 1 if one.in_macs else 0],
        best=frozenset((sets.index(each), at) for at, each in enumerate(best) if each),
    )


def _values(one: Transfer, name: str, words: str) -> TexTable:
    sets = [each for each in one.sets if each != OWN_GROUP]
    groups = [*one.groups, ""]
    body = [[(one.at(each, group) or {}).get("value") for each in sets] for group in groups]
    caption = f"Mean {one.quantity} of targets on the {one.split} split, by set of sources{words}."
    titles = [group or "all" for group in groups]
    return matrix(name, caption, "targets", [set_title(each) for each in sets], titles, body, 4)


def _percent(gain: float | None) -> float | None:
    return None if gain is None else 100 * gain


def _cost(one: Transfer, name: str) -> float | None:
    cost = one.cost(name)
    return None if cost is None else cost / (1e9 if one.in_macs else 1)
