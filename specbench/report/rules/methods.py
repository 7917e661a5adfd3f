"""What is said of training methods: whether a score measured under one predicts under another."""

from __future__ import annotations

from specbench.report.agreement import Estimate
from specbench.report.findings import Findings
from specbench.report.methods import Case
from specbench.report.numerals import counted, decimal, equation
from specbench.report.ranking import LEVEL, ranking, value_of
from specbench.report.vocabulary import score_title

_TOLD = 4
"""Methods that are told in words; the table has all."""


def methods_rule(found: Findings) -> str:
    """Whether the best score under the main method predicts the gains under the others."""
    ranked = ranking(found)
    if not ranked or not found.methods.cases:
        return ""
    told = [_sentence(found, ranked[0], case) for case in found.methods.cases]
    said = [text for text in told if text]
    rest = len(said) - _TOLD
    more = [f"{counted(rest, 'more method')} in the table."] if rest > 0 else []
    return " ".join([*said[:_TOLD], *more])


def _sentence(found: Findings, best: Estimate, case: Case) -> str:
    moved = case.moved.get(best.score)
    if moved is None or moved.value is None:
        return ""
    main, name = found.methods.main, score_title(best.score)
    own = case.own.get(best.score)
    beside = [f"{decimal(value_of(best))} under {main}"]
    if own is not None and own.value is not None:
        beside.append(f"{decimal(own.value)} when measured under {case.title}")
    reach = (
        f"{name}, measured under {main}, correlates with the gains under {case.title} by "
        f"{decimal(moved.value)} ({', '.join(beside)})"
    )
    return f"{_verdict(moved, main, case.title)}: {reach}."


def _verdict(moved: Estimate, main: str, other: str) -> str:
    p = moved.corrected
    kind = "corrected p" if moved.p_corrected is not None else "p"
    if value_of(moved) <= 0:
        return f"The best score under {main} does not predict the gains under {other}"
    if p is None:
        return f"Whether a score from {main} predicts the gains under {other} is not tested"
    test = f"{kind}\u00a0{equation(p)}"
    if p < LEVEL:
        return f"A score measured under {main} still predicts the gains under {other} ({test})"
    return (
        f"Whether a score measured under {main} still predicts the gains under {other} cannot be "
        f"told from chance ({test})"
    )
