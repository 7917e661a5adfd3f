"""The groups of tasks that the words, lists and tables of `networks.groups` stand for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from specbench.spec.fields import GROUPS, nearest
from specbench.spec.models import RandomGroups
from specbench.spec.problems import Problem, dotted, shown

WORDS = ("singles", "pairs", "all", "groups")
MOST_TASKS = 12
"""`groups` means 2ⁿ − 1 networks: asked for more tasks than these, it is a mistake."""

Group = tuple[str, ...]
Item = str | list[str] | RandomGroups


def expand_groups(
    items: Sequence[Item], tasks: Sequence[str]
) -> tuple[tuple[Group, ...], list[Problem]]:
    """Return the groups of ``tasks`` that are asked for, each once, or what is wrong.

    No more groups are made than are returned: never all there are of many tasks.
    """
    groups: dict[Group, None] = {}
    problems = []
    for index, item in enumerate(items):
        problem = _problem((*GROUPS, index), item, tasks)
        if problem is not None:
            problems.append(problem)
        else:
            groups.update(dict.fromkeys(_groups(item, tasks)))
    if not groups and not problems:
        problems.append(Problem(GROUPS, "no group of tasks to train"))
    return tuple(groups), problems


def _groups(item: Item, tasks: Sequence[str]) -> Iterator[Group]:
    """Yield the groups that a valid item stands for."""
    if isinstance(item, list):
        yield tuple(sorted(item))
    elif isinstance(item, RandomGroups):
        yield from _drawn(item, tasks)
    elif item == "all":
        yield tuple(tasks)
    else:
        sizes = {"singles": (1,), "pairs": (2,)}.get(item, range(1, len(tasks) + 1))
        for size in sizes:
            yield from itertools.combinations(tasks, size)


def _drawn(item: RandomGroups, tasks: Sequence[str]) -> Iterator[Group]:
    from specbench.choose.balanced import balanced_groups

    for members in itertools.islice(balanced_groups(len(tasks), item.size, item.seed), item.random):
        yield tuple(tasks[member] for member in members)


def _problem(place: tuple[str | int, ...], item: Item, tasks: Sequence[str]) -> Problem | None:
    if isinstance(item, RandomGroups):
        return _not_to_be_drawn(place, item, len(tasks))
    if isinstance(item, list):
        unknown = [name for name in item if name not in tasks]
        if unknown:
            near = nearest(unknown[0], tasks)
            message = f"unknown task {shown(unknown[0])}; the nearest is '{near}'"
            return Problem(place, message)
        repeated = not item or len(set(item)) < len(item)
        return Problem(place, "a group needs tasks, each once") if repeated else None
    if item not in WORDS:
        near, known = nearest(item, WORDS), ", ".join(WORDS)
        message = (
            f"unknown group {shown(item)}: {known}, a list or a table; the nearest is '{near}'"
        )
        return Problem(place, message)
    if item == "groups" and len(tasks) > MOST_TASKS:
        message = (
            f"'groups' of {len(tasks)} tasks are {2 ** len(tasks) - 1} networks; it takes at "
            f"most {MOST_TASKS} tasks: draw some, {{random = 200, size = 5}}"
        )
        return Problem(place, message, (("tasks",),))
    return None


def _not_to_be_drawn(
    place: tuple[str | int, ...], item: RandomGroups, tasks: int
) -> Problem | None:
    """Return why so many groups of that size cannot be drawn from ``tasks`` tasks."""
    if item.size > tasks:
        message = f"{dotted(place)}.size = {item.size}: there are {tasks} tasks"
        return Problem((*place, "size"), message, (("tasks",),))
    there_are = math.comb(tasks, item.size)
    if item.random > there_are:
        message = (
            f"{dotted(place)}.random = {item.random}: {tasks} tasks have {there_are} groups of "
            f"{item.size}"
        )
        return Problem((*place, "random"), message, (("tasks",),))
    return None
