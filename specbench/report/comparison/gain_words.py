"""What a comparison says of tasks, pairs and gains. Each function is one rule."""

from __future__ import annotations

from specbench.report.comparison.facts import differing_definitions
from specbench.report.comparison.studies import Comparison, Pair
from specbench.report.numerals import counted, decimal, listing


def tasks_rule(beside: Comparison) -> str:
    """Which tasks and pairs can be compared."""
    if not beside.tasks:
        return f"No task has the same name in {beside.everyone}, so no pair can be compared."
    shared, pairs = counted(len(beside.tasks), "task"), len(beside.pairs)
    measured = counted(pairs, "ordered pair") if pairs else "no ordered pair"
    verb = "has" if pairs <= 1 else "have"
    whole = {len(beside.tasks)} == {len(one.study.tasks) for one in beside.found}
    named = f"the same {shared}" if whole else f"{shared} in common ({listing(beside.tasks)})"
    return f"The studies have {named}; {measured} {verb} a gain in {beside.everyone}."


def gains_rule(beside: Comparison) -> str:
    """Whether the same pairs gain."""
    known = {couple: beside.gains_agree(*couple) for couple in beside.couples}
    found = {couple: (r, n) for couple, (r, n) in known.items() if r is not None}
    if not found:
        few = max(n for _, n in known.values())
        pairs = counted(few, "shared pair")
        why = "too few to correlate the gains" if few < 3 else "the gains cannot be correlated"
        return f"{pairs}: {why}." if few else ""
    if len(found) == 1:
        (((one, other), (r, n)),) = found.items()
        which = "the two" if len(beside.found) == 2 else beside.named([one, other])
        return f"Over {counted(n, 'ordered pair')} the gains of {which} correlate by {decimal(r)}."
    ordered = sorted(found, key=lambda couple: (found[couple][0], couple))
    ends = [f"{decimal(found[c][0])} ({beside.named(c)})" for c in (ordered[0], ordered[-1])]
    return f"Between two studies the gains of shared pairs correlate by {' to '.join(ends)}."


def signs_rule(beside: Comparison) -> str:
    """In how many pairs the partner helps everywhere, or nowhere."""
    if not beside.pairs:
        return ""
    signs = [{beside.gains(at)[pair] > 0 for at in beside.places} for pair in beside.pairs]
    helped, hurt = signs.count({True}), signs.count({False})
    return (
        f"Of {counted(len(signs), 'shared pair')} the partner helps in {beside.everyone} in "
        f"{helped}, in none in {hurt}, and they differ in {len(signs) - helped - hurt}."
    )


def partners_rule(beside: Comparison) -> str:
    """For how many tasks the same partner is measured best."""
    best = [
        {_best(beside.gains(at), target, partners) for at in beside.places}
        for target in beside.tasks
        if len(partners := [partner for one, partner in beside.pairs if one == target]) > 1
    ]
    if not best:
        return ""
    alike = sum(len(one) == 1 for one in best)
    return (
        f"Among the shared partners, {beside.everyone} measure the same best one for {alike} of "
        f"{counted(len(best), 'task')}."
    )


def ceiling_rule(beside: Comparison) -> str:
    """How much noise alone keeps gains apart."""
    if len(beside.pairs) < 3:
        return ""
    said = []
    for at in beside.places:
        rows = [row for row in beside.found[at].trust.reliability
                if row["condition"] == beside.found[at].study.main]  # fmt: skip
        whole = max(rows, key=lambda row: row["averaged"], default=None)
        if whole is not None and whole["ceiling"] is not None:
            said.append(f"{decimal(whole['ceiling'])} in {beside.names[at]}")
    if not said:
        return ""
    return f"Noise lets such a correlation be expected up to the gains' ceiling: {listing(said)}."


def definitions_rule(beside: Comparison) -> str:
    """What makes the numbers differ by definition."""
    said = []
    for part, values in differing_definitions(beside):
        each = [f"{value} in {name}" for name, value in zip(beside.names, values, strict=True)]
        said.append(f"{part} ({listing(each)})")
    return f"The gains are not defined alike: {listing(said)}." if said else ""


def _best(gains: dict[Pair, float], target: str, partners: list[str]) -> str:
    return max(partners, key=lambda partner: gains[target, partner])
