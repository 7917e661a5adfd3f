"""What a comparison says of scores. Each function is one rule."""

from __future__ import annotations

from specbench.report.agreement import CROSSED, SAME, Estimate
from specbench.report.comparison.studies import Comparison
from specbench.report.numerals import counted, decimal, equation, interval, listing


def scores_rule(beside: Comparison) -> str:
    """Which scores all studies have."""
    if not beside.every_score:
        return "None of the studies has a score."
    titles = [beside.title(score) for score in beside.scores]
    both = f"{beside.everyone.capitalize()} have {listing(titles, 20)}" if titles else (
        f"No score is in {beside.everyone}")  # fmt: skip
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
    less = f"; in {beside.named(clean)} they are judged on other seeds" if clean else ""
    return (
        f"In {beside.named(same)}, scores are judged on runs they share with the gain, which "
        f"inflates their correlation{less}."
    )


def _judged(one: Estimate | None) -> str:
    if one is None:
        return "nothing"
    known = one.low is not None and one.high is not None
    ends = f" {interval(one.low, one.high)}" if known else ""
    p = "" if one.corrected is None else f", corrected p\u00a0{equation(one.corrected)}"
    return f"{decimal(one.value)}{ends}{p}"
