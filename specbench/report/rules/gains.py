"""What is said of the gains themselves, and of the networks behind them."""

from __future__ import annotations

from statistics import fmean

from specbench.report.findings import Findings
from specbench.report.numerals import counted, decimal, listing, percent
from specbench.report.ranking import ranking

_STEADY = 0.9
"""Ceiling from which gains are said to repeat well."""


def definition_rule(found: Findings) -> str:
    """Which definition of the gain stands in for the one the spec asks for."""
    asked, used = found.study.asked, found.study.definition
    if asked is None:
        return ""
    words = [
        f"{one.quantity} on {one.split} images against {one.baseline} single networks, divided by "
        f"the {one.denominator} network's"
        for one in (asked, used)
    ]
    return (
        f"The study asks for gains in {words[0]}. The figures cannot give them, so gains in "
        f"{words[1]} stand in their place."
    )


def helped(found: Findings) -> str:
    """How often and how much a partner helps."""
    cells = found.gains.all
    if not cells:
        return ""
    helped = sum(cell.mean > 0 for cell in cells)
    mean = percent(fmean(cell.mean for cell in cells))
    return (
        f"Learning with a partner helped in {helped} of {counted(len(cells), 'ordered pair')}; "
        f"the mean gain is {mean}."
    )


def extremes_rule(found: Findings) -> str:
    """The best and the worst pair by name."""
    cells = sorted(found.gains.all, key=lambda cell: (cell.mean, cell.target, cell.partner))
    if len(cells) < 2:
        return ""
    worst, best = cells[0], cells[-1]
    return (
        f"The largest gain is {best.target} with {best.partner} ({percent(best.mean)}), "
        f"the smallest {worst.target} with {worst.partner} ({percent(worst.mean)})."
    )


def seeds_rule(found: Findings) -> str:
    """Whether the gains themselves can be trusted."""
    cells, seeds = found.gains.all, len(found.study.seeds)
    if not cells:
        return ""
    if max(len(cell.by_seed) for cell in cells) < 2:
        return (
            "Every network was trained once, so nothing here says how far the gains would move "
            "with another seed: single runs have no noise ceiling."
        )
    steady = sum(cell.steady for cell in cells)
    return (
        f"In {steady} of {len(cells)} pairs {'both' if seeds == 2 else f'all {seeds}'} seeds agree "
        "on whether the partner helps."
    )


def ceiling_rule(found: Findings) -> str:
    """How well a perfect score could do."""
    ranked = ranking(found)
    if not ranked or max(len(cell.by_seed) for cell in found.gains.all or ()) < 2:
        return ""
    ceiling = ranked[0].ceiling
    if ceiling is None:
        return (
            "The noise ceiling is not estimable: the gains of one seed do not agree with those of "
            "the others."
        )
    if ceiling >= _STEADY:
        how = "The gains repeat well from seed to seed: a perfect score would be expected to reach"
    else:
        how = "The gains are noisy: even a perfect score could only be expected to reach"
    return f"{how} a correlation of {decimal(ceiling)} (the noise ceiling)."


def mean_rule(found: Findings) -> str:
    """Whether every network learned anything."""
    compared, failing = found.skills.compared, found.skills.failing
    if not compared:
        return ""
    if not failing:
        return "Every network beats the mean on every one of its tasks."
    named = listing([f"{one.title} on {one.target}" for one in failing], 3)
    return (
        f"In {len(failing)} of {len(compared)} cases a network does not beat the mean: {named}. "
        "Gains built on such a network say little."
    )
