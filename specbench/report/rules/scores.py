"""What is said of the scores: how well they predict, how surely, at what cost."""

from __future__ import annotations

from statistics import fmean

from specbench.report.agreement import CROSSED, SAME, Estimate
from specbench.report.findings import Findings
from specbench.report.numerals import (
    counted,
    decimal,
    equation,
    interval,
    listing,
    percent,
    points,
    probability,
)
from specbench.report.ranking import LEVEL, MEASURE, ranking, value_of
from specbench.report.scoreboard import reasons
from specbench.report.vocabulary import score_title


def missing_rule(found: Findings) -> str:
    """Why no score could be judged."""
    if ranking(found) or not found.gains.all:
        return ""
    main = found.study.main
    judged = [found.agreement.judged(score, MEASURE, main) for score in found.study.scores]
    why = listing(list(reasons(judged)), 3)
    return f"No correlation of a score with the gain can be given: {why}." if why else ""


def best_rule(found: Findings) -> str:
    """The best score, its interval, its share of the ceiling and its p value."""
    ranked = ranking(found)
    if not ranked:
        return ""
    best = ranked[0]
    shown = interval(best.low, best.high)
    ends = f", 95\u202f% interval {shown}" if best.low is not None and best.high is not None else ""
    share = best.of_ceiling
    part = f", {percent(share, 0, signed=False)} of the ceiling" if share and share > 0 else ""
    same = "on the same runs" if best.marked else "on single runs"
    how = "on runs of other seeds" if best.fit == CROSSED else same
    pairs = f"over {counted(best.n_pairs, 'pair')}" if best.n_pairs else "over all pairs"
    return (
        f"{score_title(best.score)} reaches a Pearson correlation of {decimal(best.value)} with "
        f"the gain {pairs}, judged {how}{ends}{part}; {_chance(best)}."
    )


def others_rule(found: Findings) -> str:
    """Which of the other scores cannot be told from the best."""
    ranked = ranking(found)
    if len(ranked) < 2:
        return ""
    best, rest = ranked[0], ranked[1:]
    close = [one for one in rest if one.high is not None and one.high >= value_of(best)]
    unsure = [one for one in rest if one.high is None]
    clear = [one for one in rest if one not in close and one not in unsure]
    parts = []
    if close:
        parts.append(
            f"{_intervals(close)} up to {score_title(best.score)}'s value, so the order among them "
            "may be chance"
        )
    if clear:
        parts.append(f"{_intervals(clear, 'end')} below {score_title(best.score)}'s value")
    if unsure:
        parts.append(f"{_titles(unsure)} {'has' if len(unsure) == 1 else 'have'} no interval")
    return _sentence("; ".join(parts))


def chance_rule(found: Findings) -> str:
    """Which scores are better than chance, and whether any could have been."""
    tested = [one for one in ranking(found) if one.corrected is not None]
    if not tested:
        return ""
    smallest = max((one.p_smallest for one in tested if one.p_smallest is not None), default=None)
    if smallest is not None and smallest >= LEVEL:
        return (
            f"With {counted(tested[0].n_tasks or 0, 'task')} the smallest p value that can come "
            f"out is {probability(smallest)}: no score could have passed a test at "
            f"{percent(LEVEL, 0, signed=False)}."
        )
    passed = [one for one in tested if (one.corrected or 0.0) < LEVEL]
    if not passed:
        return (
            f"None of the {counted(len(tested), 'score')} can be told from chance at the "
            f"{percent(LEVEL, 0, signed=False)} level."
        )
    return (
        f"Of {counted(len(tested), 'score')}, {len(passed)} can be told from chance "
        f"({_titles(passed)})."
    )


def shared_rule(found: Findings) -> str:
    """How much judging on shared runs flatters a score."""
    inflated = []
    for one in ranking(found):
        same = found.agreement.find(one.score, MEASURE, SAME, found.study.main)
        if one.fit == SAME and one.marked:
            ranked = ranking(found)
            marked = sum(bool(each.marked) for each in ranked)
            return (
                f"With one run per network, {marked} of {counted(len(ranked), 'score')} "
                f"{'shares' if marked == 1 else 'share'} runs with the gain "
                f"{'it is' if marked == 1 else 'they are'} judged by, which inflates the "
                "correlation."
            )
        if same is not None and same.value is not None and same.marked:
            inflated.append((same.value - value_of(one), one, same))
    if not inflated:
        return ""
    difference, one, same = max(inflated, key=lambda entry: (entry[0], entry[1].score))
    if difference < 0.05:
        return ""
    return (
        f"Judged on the very runs it was computed from, {score_title(one.score)} would look "
        f"{decimal(difference)} better ({decimal(same.value)} instead of {decimal(one.value)})."
    )


def partner_rule(found: Findings) -> str:
    """What following the best score would cost."""
    ranked = ranking(found)
    if not ranked:
        return ""
    score = ranked[0].score
    choices = [one for (name, _), one in found.choices.items() if name == score]
    if not choices:
        return ""
    hits = sum(one.hit for one in choices)
    text = f"{hits:.0f}" if abs(hits - round(hits)) < 1e-9 else decimal(hits, 1)
    return (
        f"Choosing each task's partner by {score_title(score)} finds the best one for {text} of "
        f"{counted(len(choices), 'task')} and gives away "
        f"{points(fmean(one.lost for one in choices), signed=False)} percentage points of gain on "
        "average."
    )


def cost_rule(found: Findings) -> str:
    """What the best score costs beside measuring every gain."""
    ranked = ranking(found)
    cost = found.costs.by_score.get(ranked[0].score) if ranked else None
    if cost is None or cost.share is None:
        return ""
    name = score_title(cost.score)
    if cost.share == 0:
        return f"{name} costs no training at all."
    if cost.share >= 0.995:
        return (
            f"{name} saves nothing: it costs {percent(cost.share, 0, signed=False)} of measuring "
            "every gain."
        )
    digits = 0 if cost.share >= 0.1 else 1
    return f"{name} costs {percent(cost.share, digits, signed=False)} of measuring every gain."


def conditions_rule(found: Findings) -> str:
    """Whether the best score stays the best under other conditions."""
    best = {one: found.stability.best(one) for one in found.study.conditions}
    known = {condition: score for condition, score in best.items() if score is not None}
    if len(known) < 2:
        return ""
    winner = known.get(found.study.main)
    changed = [f"{score_title(s)} under {c}" for c, s in known.items() if s != winner]
    if winner is None or not changed:
        return f"The same score comes first under all {counted(len(known), 'condition')}."
    return f"Which score comes first depends on the condition: {listing(changed, 4)}."


def _chance(one: Estimate) -> str:
    if one.corrected is None:
        return "no p value can be given" + (f" ({one.reason})" if one.reason else "")
    kind = "corrected p" if one.p_corrected is not None else "p"
    verdict = "more than chance" if one.corrected < LEVEL else "not distinguishable from chance"
    return f"{verdict} ({kind}\u00a0{equation(one.corrected)})"


def _titles(estimates: list[Estimate]) -> str:
    return listing([score_title(one.score) for one in estimates], 12)


def _intervals(estimates: list[Estimate], verb: str = "reach") -> str:
    if len(estimates) == 1:
        return f"the interval of {_titles(estimates)} {verb}{'es' if verb == 'reach' else 's'}"
    return f"the intervals of {_titles(estimates)} {verb}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""
