"""A transfer study's source sets, and what such a study may not say."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from specbench.names import join
from specbench.scores.contract import Needs
from specbench.scores.registry import SCORES
from specbench.spec.fields import nearest
from specbench.spec.models import Settings
from specbench.spec.problems import Problem, shown
from specbench.spec.study import Condition
from specbench.spec.transfer_models import SourceSet, TransferSection
from specbench.tasks.catalogue import Task

NONE, ALL = "none", "all"
WORDS = (NONE, ALL, "singles", "groups", "unions")
_MOST_UNITED = 10
"""`unions` of n groups are 2ⁿ − 1 sets: of more groups than these, it is a mistake."""
_CHOOSING = (Needs.NOTHING, Needs.LABELS, Needs.HALF_SINGLES, Needs.INJECTED, Needs.FINETUNED)
"""What a score may need that relates sources to a target: networks of one task."""


@dataclass(frozen=True)
class Chosen:
    """A set of sources by its name; one that a score chooses has no sources before the score."""

    name: str
    sources: tuple[str, ...] = ()
    related: int = 0
    """How many sources the score chooses; 0 where the sources are told."""
    score: str = ""


def sources_of(transfer: TransferSection, tasks: Iterable[str]) -> list[str]:
    """Return the sources in alphabetical order."""
    named = transfer.sources
    return sorted(set(tasks) - set(transfer.targets) if named is None else set(named))


def source_sets(transfer: TransferSection, tasks: Iterable[str]) -> list[Chosen]:
    """Return the sets in the order of the spec, each name once."""
    sources = sources_of(transfer, tasks)
    found: dict[str, Chosen] = {}
    for item in transfer.sets:
        for one in _sets(item, transfer, sources):
            found.setdefault(one.name, one)
    return list(found.values())


def _sets(
    item: str | list[str] | SourceSet, transfer: TransferSection, sources: Sequence[str]
) -> Iterator[Chosen]:
    if isinstance(item, list):
        yield Chosen(join(item), tuple(sorted(item)))
    elif isinstance(item, SourceSet):
        yield from _of_table(item, sources)
    elif item in (NONE, ALL):
        yield Chosen(item, tuple(sources) if item == ALL else ())
    elif item == "singles":
        yield from (Chosen(name, (name,)) for name in sources)
    else:
        groups = {name: set(members) & set(sources) for name, members in transfer.groups.items()}
        groups = {name: members for name, members in groups.items() if members}
        for size in range(1, len(groups) + 1 if item == "unions" else 2):
            for names in itertools.combinations(groups, size):
                members = tuple(sorted(set().union(*(groups[name] for name in names))))
                whole = size > 1 and members == tuple(sources)
                yield Chosen(ALL if whole else "+".join(names), members)


def _of_table(item: SourceSet, sources: Sequence[str]) -> Iterator[Chosen]:
    if item.tasks is not None:
        yield Chosen(item.name or join(item.tasks), tuple(sorted(item.tasks)))
    elif item.related is not None:
        name = f"related-{item.related} {item.score}"
        yield Chosen(name, related=item.related, score=item.score or "")
    else:
        yield from _drawn(item, sources)


def _drawn(item: SourceSet, sources: Sequence[str]) -> Iterator[Chosen]:
    from specbench.choose.balanced import balanced_groups

    size, draws = item.size or 1, item.random or 1
    beside = f" seed {item.seed}" if item.seed else ""
    groups = balanced_groups(len(sources), size, item.seed)
    for number, members in enumerate(itertools.islice(groups, draws), 1):
        yield Chosen(f"random-{size}.{number}{beside}", tuple(sources[m] for m in members))


def settings_problems(settings: Settings) -> list[Problem]:
    """Return what is wrong with the names and sets of one condition's ``[transfer]``."""
    transfer = settings.transfer
    if transfer is None:
        return []
    tasks = list(settings.task_sections())
    problems = _name_problems(transfer, tasks)
    sources = sources_of(transfer, tasks)
    if not problems and not sources:
        problems.append(Problem(("transfer", "targets"), "every task is a target: none is left"))
    for index, item in enumerate(transfer.sets):
        place: tuple[str | int, ...] = ("transfer", "sets", index)
        message = _set_problem(item, transfer, sources)
        if message:
            problems.append(Problem(place, message))
    if NONE not in transfer.sets:
        message = "the sets lack 'none', which every set is held against: add it"
        problems.append(Problem(("transfer", "sets"), message))
    return problems or _repeated(transfer, sources)


def _name_problems(transfer: TransferSection, tasks: Sequence[str]) -> list[Problem]:
    problems = []
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("transfer", "targets", index), name) for index, name in enumerate(transfer.targets)
    ]
    named += [(("transfer", "sources", i), name) for i, name in enumerate(transfer.sources or ())]
    for group, members in transfer.groups.items():
        named += [(("transfer", "groups", group, i), name) for i, name in enumerate(members)]
        if group in WORDS:
            message = f"a group may not be named {shown(group)}, which is a word for sets"
            problems.append(Problem(("transfer", "groups", group), message))
    for place, name in named:
        if name not in tasks:
            message = f"unknown task {shown(name)}; the nearest is '{nearest(name, tasks)}'"
            problems.append(Problem(place, message))
    for index, name in enumerate(transfer.sources or ()):
        if name in transfer.targets:
            message = f"task {shown(name)} is a target: its examples may reach no pre-training"
            problems.append(Problem(("transfer", "sources", index), message))
    return problems


def _set_problem(
    item: str | list[str] | SourceSet, transfer: TransferSection, sources: Sequence[str]
) -> str:
    """Return what is wrong with one item of the sets; '' where nothing is."""
    if isinstance(item, str):
        if item not in WORDS:
            known, near = ", ".join(WORDS), nearest(item, WORDS)
            return f"unknown set {shown(item)}: {known}, a list or a table; the nearest is '{near}'"
        if item in ("groups", "unions") and not transfer.groups:
            return f"{shown(item)} needs groups: name some under [transfer.groups]"
        if item == "unions" and len(transfer.groups) > _MOST_UNITED:
            return f"'unions' of {len(transfer.groups)} groups; it takes at most {_MOST_UNITED}"
        return ""
    if isinstance(item, list):
        return _members_problem(item, transfer, sources)
    ways = [word for word in ("tasks", "random", "related") if getattr(item, word) is not None]
    if len(ways) != 1:
        return "a table names exactly one of tasks, random and related"
    for field, way in (("name", "tasks"), ("size", "random"), ("score", "related")):
        if ways != [way] and getattr(item, field) is not None:
            return f"{field} goes with {way}"
    if item.tasks is not None:
        if item.name in WORDS:
            return f"a set may not be named {shown(item.name)}, which is a word for sets"
        return _members_problem(item.tasks, transfer, sources)
    return _count_problem(item, sources)


def _count_problem(item: SourceSet, sources: Sequence[str]) -> str:
    import math

    if item.related is not None:
        if item.score is None:
            return "related needs a score"
        many = item.related > len(sources)
        return f"related = {item.related}: there are {len(sources)} sources" if many else ""
    if item.size is None:
        return "random needs a size"
    if item.size > len(sources):
        return f"size = {item.size}: there are {len(sources)} sources"
    there_are = math.comb(len(sources), item.size)
    if (item.random or 0) > there_are:
        return f"random = {item.random}: {len(sources)} sources have {there_are} such sets"
    return ""


def _members_problem(
    members: Sequence[str], transfer: TransferSection, sources: Sequence[str]
) -> str:
    if not members or len(set(members)) < len(members):
        return "a set needs sources, each once"
    for name in members:
        if name in transfer.targets:
            return f"task {shown(name)} is a target: its examples may reach no pre-training"
        if name not in sources:
            return f"unknown source {shown(name)}; the nearest is '{nearest(name, sources)}'"
    return ""


def _repeated(transfer: TransferSection, sources: Sequence[str]) -> list[Problem]:
    """Return a problem for every name that two different sets have."""
    known: dict[str, Chosen] = {}
    problems = []
    for index, item in enumerate(transfer.sets):
        for one in _sets(item, transfer, sources):
            if known.setdefault(one.name, one) != one:
                message = f"two different sets are named {shown(one.name)}"
                problems.append(Problem(("transfer", "sets", index), message))
    return problems


def leaks(condition: Condition) -> list[Problem]:
    """Return the sources that read what a target is asked for, under another name or not."""
    transfer = condition.settings.transfer
    if transfer is None:
        return []
    asked = {_label(condition.tasks[name]): name for name in transfer.targets}
    return [
        Problem(
            ("tasks", name),
            f"source {shown(name)} reads domain {shown(condition.tasks[name].domain)}, as target "
            f"{shown(asked[_label(condition.tasks[name])])} does: a target's examples may reach no "
            "pre-training; leave it out of transfer.sources",
            (("transfer", "targets"),),
        )
        for name in sources_of(transfer, condition.tasks)
        if _label(condition.tasks[name]) in asked
    ]


def _label(task: Task) -> str:
    return task.domain


def score_problems(condition: Condition, scores: Iterable[str]) -> list[Problem]:
    """Return the sets whose score the study lacks, or that cannot relate single sources."""
    transfer = condition.settings.transfer
    problems = []
    for index, item in enumerate(transfer.sets if transfer else ()):
        name = item.score if isinstance(item, SourceSet) else None
        if name is None:
            continue
        place = ("transfer", "sets", index)
        if name not in scores:
            message = f"score {shown(name)} is none of the study's: add [scores.{name}]"
            problems.append(Problem(place, message))
        elif SCORES[name].needs not in _CHOOSING:
            message = (
                f"score '{name}' reads {SCORES[name].needs.value}, which would train sources and "
                "targets together; a score of single networks, of labels or of neither can choose"
            )
            problems.append(Problem(place, message, (("scores", name),)))
    return problems
