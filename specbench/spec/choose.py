"""What is impossible about [choose], the networks chosen under a limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specbench.choose.methods import Method
from specbench.scores.registry import SCORES
from specbench.spec.data import PublishedData
from specbench.spec.fields import nearest
from specbench.spec.models import StudySpec
from specbench.spec.problems import Problem, shown
from specbench.spec.study import Condition

_MOST_TASKS = 12
"""All groups of more tasks are too many to choose from."""


def choose_problems(spec: StudySpec, conditions: Sequence[Condition]) -> list[Problem]:
    """Return what cannot be chosen, or not by the methods named."""
    section = spec.choose
    if "choose" not in spec.model_fields_set:
        return []
    problems = []
    if not section.budgets and not section.splits:
        problems.append(Problem(("choose",), "no limit: give choose.budgets or choose.splits"))
    for name in ("budgets", "splits"):
        values = getattr(section, name)
        problems += [
            Problem(("choose", name, index), f"choose.{name}: {value:g} stands twice")
            for index, value in enumerate(values)
            if value in values[:index]
        ]
    methods = [name.lower() for name in section.methods or ()]
    problems += [
        Problem(("choose", "methods", index), f"choose.methods: {shown(name)} stands twice")
        for index, name in enumerate(methods)
        if name in methods[:index]
    ]
    if section.candidates == "groups" and len(conditions[0].tasks) > _MOST_TASKS:
        message = f"candidates = 'groups' takes at most {_MOST_TASKS} tasks"
        problems.append(Problem(("choose", "candidates"), message, (("tasks",),)))
    if section.candidates == "groups" and section.cost == "macs":
        message = "candidates = 'groups' has no multiply-adds of networks that nobody trained"
        problems.append(Problem(("choose", "cost"), message, (("choose", "candidates"),)))
    # The names of published scores are known when their file is read.
    scores = None if isinstance(spec.data, PublishedData) and spec.data.scores else spec.scores
    return problems + unknown_methods(spec, scores)


def unknown_methods(spec: StudySpec, scores: Iterable[str] | None) -> list[Problem]:
    """Return the methods that are neither one of ours nor one of the study's ``scores``."""
    if scores is None:
        return []
    problems = []
    known = [*Method, *scores]
    for index, name in enumerate(spec.choose.methods or ()):
        if name.lower() in known:
            continue
        hint = f"the nearest is '{nearest(name, known)}'"
        if name in SCORES:
            hint = f"add [scores.{name}]"
        message = f"unknown method {shown(name)}, or a score that the study lacks; {hint}"
        problems.append(Problem(("choose", "methods", index), message))
    return problems
