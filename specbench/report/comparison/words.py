"""What a comparison says. Each function is one rule: a comparison in, a sentence or nothing out."""

from __future__ import annotations

from collections.abc import Callable

from specbench.report.agreement import CROSSED, SAME, Estimate
from specbench.report.answer import LEVEL
from specbench.report.comparison.facts import differing_definitions
from specbench.report.comparison.studies import Comparison
from specbench.report.numerals import counted, decimal, equation, interval, listing


def headline(beside: Comparison) -> str:
    """Return the one sentence to remember."""
    if not beside.tasks and not beside.scores:
        return "These studies have nothing in common: no task and no score."
    if not beside.judged:
        return _without_scores(beside)
    leaders = [beside.leader(at, beside.judged) for at in beside.places]
    vain = [at for at in beside.places if (beside.value(at, leaders[at]) or 0.0) <= 0]
    if vain:
        return f"No score that {_all(beside)} have predicts the gain in {_names(beside, vain)}."
    sure = [at for at in beside.places if _sure(beside.estimate(at, leaders[at]))]
    if len(set(leaders)) == 1:
        return f"{beside.title(leaders[0])} leads in {_all(beside)}{_chance(beside, sure)}."
    led = [f"{beside.title(score)} in {_names(beside, _where(leaders, score))}"
           for score in dict.fromkeys(leaders)]  # fmt: skip
    return f"Different scores lead: {listing(led)}{_chance(beside, sure)}."


def sentences(beside: Comparison) -> list[str]:
    """Return the sentences below the headline, in order."""
    first = headline(beside)
    said = [rule(beside) for rule in RULES]
    return [text for text in said if text and text != first]


def tasks_rule(beside: Comparison) -> str:
    """Which tasks and pairs can be compared."""
    if not beside.tasks:
        return f"No task has the same name in {_all(beside)}, so no pair can be compared."
    shared, pairs = counted(len(beside.tasks), "task"), len(beside.pairs)
    measured = counted(pairs, "ordered pair") if pairs else "no ordered pair"
    verb = "has" if pairs <= 1 else "have"
    whole = {len(beside.tasks)} == {len(one.study.tasks) for one in beside.found}
    named = f"the same {shared}" if whole else f"{shared} in common ({listing(beside.tasks)})"
    return f"The studies have {named}; {measured} {verb} a gain in {_all(beside)}."


def gains_rule(beside: Comparison) -> str:
    """Whether the same pairs gain."""
    known = {couple: beside.gains_agree(*couple) for couple in beside.couples}
    found = {couple: (r, n) for couple, (r, n) in known.items() if r is not None}
    if not found:
        few = max(n for _, n in known.values())
        pairs = counted(few, "shared pair")
        return f"{pairs}: too few to correlate the gains." if few else ""
    if len(beside.found) == 2:
        ((r, n),) = found.values()
        return f"Over {counted(n, 'ordered pair')} the gains of the two correlate by {decimal(r)}."
    ordered = sorted(found, key=lambda couple: (found[couple][0], couple))
    ends = [f"{decimal(found[c][0])} ({_names(beside, c)})" for c in (ordered[0], ordered[-1])]
    return f"Between two studies the gains of shared pairs correlate by {' to '.join(ends)}."


def signs_rule(beside: Comparison) -> str:
    """In how many pairs the partner helps everywhere, or nowhere."""
    if not beside.pairs:
        return ""
    signs = [{beside.gains(at)[pair] > 0 for at in beside.places} for pair in beside.pairs]
    helped, hurt = signs.count({True}), signs.count({False})
    return (
        f"The partner helps in {_all(beside)} in {helped} of {counted(len(signs), 'shared pair')}, "
        f"in none in {hurt}, and they differ in {len(signs) - helped - hurt}."
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
    return f"Noise alone keeps such a correlation below the gains' ceiling: {listing(said)}."


def scores_rule(beside: Comparison) -> str:
    """Which scores all studies have."""
    if not beside.every_score:
        return "None of the studies has a score."
    titles = [beside.title(score) for score in beside.scores]
    both = f"{_all(beside).capitalize()} have {listing(titles, 20)}" if titles else (
        f"No score is in {_all(beside)}")  # fmt: skip
    alone = []
    for at in beside.places:
        held = [score.lower() for score in beside.found[at].study.scores]
        rest = [beside.title(score) for score in held if score not in beside.scores]
        if rest:
            has = f"only {beside.names[at]} has" if len(beside.found) == 2 else (
                f"{beside.names[at]} also has")  # fmt: skip
            alone.append(f"{has} {listing(rest, 20)}")
    return "; ".join([both, *alone]) + "."


def leaders_rule(beside: Comparison) -> str:
    """The scores that lead, with interval and p in every study."""
    leaders = dict.fromkeys(beside.leader(at, beside.judged) for at in beside.places
                            if beside.judged)  # fmt: skip
    said = []
    for score in leaders:
        each = [f"{_judged(beside.estimate(at, score))} in {beside.names[at]}"
                for at in beside.places]  # fmt: skip
        said.append(f"{beside.title(score)} reaches {listing(each)}")
    return "; ".join(said) + "." if said else ""


def order_rule(beside: Comparison) -> str:
    """Whether the scores come in the same order."""
    if len(beside.judged) < 3 or len(beside.found) != 2:
        return ""
    first, second = ([beside.value(at, s) or 0.0 for s in beside.judged] for at in beside.places)
    count = len(beside.judged)
    duels = [(i, j) for i in range(count) for j in range(i)]
    alike = sum((first[i] - first[j]) * (second[i] - second[j]) > 0 for i, j in duels)
    return (
        f"Of {counted(len(duels), 'pair')} of scores that both studies judge, {alike} come in the "
        f"same order in both (chance would give about half)."
    )


def overlap_rule(beside: Comparison) -> str:
    """Whether any score does better in one study than its intervals allow."""
    apart = []
    known = 0
    for score in beside.judged:
        ends = [(one.low, one.high) for at in beside.places
                if (one := beside.estimate(at, score)) is not None]  # fmt: skip
        lows, highs = [low for low, _ in ends], [high for _, high in ends]
        if None in lows or None in highs:
            continue
        known += 1
        if max(low for low in lows if low is not None) > min(h for h in highs if h is not None):
            apart.append(beside.title(score))
    if not known:
        return ""
    if apart:
        return f"The intervals of {listing(apart, 12)} do not overlap between the studies."
    return "The studies' 95\u202f% intervals overlap for every score that has one in each."


def values_rule(beside: Comparison) -> str:
    """Whether the scores themselves say the same of the same pairs."""
    if len(beside.found) != 2:
        return ""
    known = {score: r for score in beside.scores
             if (r := beside.values_agree(score, 0, 1)[0]) is not None}  # fmt: skip
    if not known:
        return ""
    ordered = sorted(known, key=lambda score: (known[score], score))
    said = [f"{beside.title(score)} ({decimal(known[score])})" for score in ordered]
    if len(said) == 1:
        return f"Over shared pairs the values of {said[0]} correlate between the studies."
    return (
        "Over shared pairs the values of a score correlate between the studies most for "
        f"{said[-1]} and least for {said[0]}."
    )


def definitions_rule(beside: Comparison) -> str:
    """What makes the numbers differ by definition."""
    said = []
    for part, values in differing_definitions(beside):
        each = [f"{value} in {name}" for name, value in zip(beside.names, values, strict=True)]
        said.append(f"{part} ({listing(each)})")
    return f"The gains are not defined alike: {listing(said)}." if said else ""


def fits_rule(beside: Comparison) -> str:
    """Which agreements are flattered by shared runs, and which are not."""
    same = [at for at in beside.places
            if any((one := beside.estimate(at, score)) is not None and one.fit == SAME
                   and one.marked for score in beside.judged)]  # fmt: skip
    if not same:
        return ""
    clean = [at for at in beside.places
             if all((one := beside.estimate(at, score)) is not None and one.fit == CROSSED
                    for score in beside.judged)]  # fmt: skip
    less = f"; in {_names(beside, clean)} they are judged on other seeds" if clean else ""
    return (
        f"In {_names(beside, same)}, scores are judged on runs they share with the gain, which "
        f"inflates their correlation{less}."
    )


Rule = Callable[[Comparison], str]
RULES: tuple[Rule, ...] = (
    tasks_rule,
    gains_rule,
    signs_rule,
    ceiling_rule,
    scores_rule,
    leaders_rule,
    overlap_rule,
    order_rule,
    values_rule,
    definitions_rule,
    fits_rule,
)


def _without_scores(beside: Comparison) -> str:
    if not beside.tasks:
        return "These studies have no task in common, and no score that all of them judge."
    r = beside.gains_agree(0, 1)[0] if len(beside.found) == 2 else None
    if r is not None:
        return f"The same pairs' gains correlate by {decimal(r)} between the two studies."
    return f"The studies share {counted(len(beside.tasks), 'task')}, but no score judged in each."


def _where(leaders: list[str], score: str) -> list[int]:
    return [at for at, leader in enumerate(leaders) if leader == score]


def _judged(one: Estimate | None) -> str:
    if one is None:
        return "nothing"
    known = one.low is not None and one.high is not None
    ends = f" {interval(one.low, one.high)}" if known else ""
    p = "" if one.corrected is None else f", corrected p\u00a0{equation(one.corrected)}"
    return f"{decimal(one.value)}{ends}{p}"


def _sure(one: Estimate | None) -> bool:
    return one is not None and one.corrected is not None and one.corrected < LEVEL


def _chance(beside: Comparison, sure: list[int]) -> str:
    if not sure:
        no = "neither" if len(beside.found) == 2 else "none"
        return f", but in {no} can it be told from chance"
    if len(sure) == len(beside.found):
        return ", and better than chance in each"
    return f", better than chance only in {_names(beside, sure)}"


def _names(beside: Comparison, places: list[int] | tuple[int, ...]) -> str:
    return listing([beside.names[at] for at in places])


def _all(beside: Comparison) -> str:
    return "both studies" if len(beside.found) == 2 else f"all {len(beside.found)} studies"
