"""Combinations that cannot be run, found before any data is looked for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from specbench.data.domains import DOMAINS
from specbench.data.rooms import ROOM_DOMAINS, ROOM_TYPES
from specbench.nets.architecture import ENCODERS
from specbench.scores.contract import Needs, Score, ordered_pairs, setting_names
from specbench.scores.registry import SCORES
from specbench.spec import published
from specbench.spec.choose import choose_problems
from specbench.spec.fields import nearest
from specbench.spec.models import (
    ArraysData,
    GainSection,
    PublishedData,
    RoomsData,
    Settings,
    StudySpec,
    TaskSection,
)
from specbench.spec.problems import Problem, shown
from specbench.spec.study import BASE, Condition
from specbench.tasks.catalogue import Task
from specbench.tasks.resolve import resolve_task

_SINGLES = (("networks", "single_capacities"), ("networks", "groups"))
GROUP_WORDS = ("singles", "pairs", "all", "groups")
MOST_TASKS_IN_GROUPS = 12
SPLITS = ("train", "val", "test")
_CAPACITY_OF = {"half": 0.5, "full": 1.0}
_CHOSEN = "ids"
"""The name under which jobs find the chosen images, among the domains they read."""


def with_defaults(settings: Settings) -> Settings:
    """Return the settings with the widths that suit the encoder where none are given."""
    networks = settings.networks
    known = ENCODERS.get(networks.encoder)
    if known is None or published.is_published(settings):
        return settings
    width = networks.decoder.width or known.decoder_width
    filled = networks.model_copy(
        update={
            "width": networks.width or known.width,
            "features": networks.features or known.features,
            "decoder": networks.decoder.model_copy(update={"width": width}),
        }
    )
    return settings.model_copy(update={"networks": filled})


def resolve_condition(name: str, settings: Settings) -> tuple[Condition, list[Problem]]:
    """Return the condition with tasks and groups resolved, or what prevents it."""
    sections = settings.task_sections()
    problems: list[Problem] = []
    tasks: dict[str, Task] = {}
    if not sections:
        problems.append(Problem(("tasks",), "no tasks: name at least one"))
    listed = settings.tasks if isinstance(settings.tasks, list) else []
    for index, task_name in enumerate(listed):
        if task_name in listed[:index]:
            message = f"task {shown(task_name)} is named twice"
            problems.append(Problem(("tasks", index), message))
    for task_name in sorted(sections):
        place = listed.index(task_name) if listed else task_name
        try:
            tasks[task_name] = _task(task_name, sections[task_name], settings)
        except ValueError as error:
            problems.append(Problem(("tasks", place), str(error), (("data", "kind"),)))
    if published.is_published(settings):
        return Condition(name, settings, tasks, ()), problems
    groups, group_problems = _groups(settings.networks.groups, sorted(sections))
    return Condition(name, settings, tasks, groups), problems + group_problems


def _task(name: str, section: TaskSection, settings: Settings) -> Task:
    if published.is_published(settings):
        return published.named_task(name)
    given = section.model_dump()
    rooms = isinstance(settings.data, RoomsData)
    if rooms and "class_scene" in (name, section.domain) and section.classes is None:
        given["classes"] = len(ROOM_TYPES)
    task = resolve_task(name, given)
    if isinstance(settings.data, ArraysData):
        if task.domain == _CHOSEN:
            raise ValueError(f"task {shown(name)}: no domain may be called '{_CHOSEN}'")
        return task
    domains = [domain for domain in DOMAINS if not rooms or domain in ROOM_DOMAINS]
    if task.domain not in domains:
        near = nearest(task.domain, domains)
        raise ValueError(
            f"task {shown(name)} reads domain {shown(task.domain)}, which a source of kind "
            f"{shown(settings.data.kind)} does not have; the nearest is '{near}'"
        )
    _refuse_other_labels(task, len(ROOM_TYPES) if rooms else 0)
    return task


def _refuse_other_labels(task: Task, room_types: int) -> None:
    """Refuse a task whose labels Taskonomy's domain of that name cannot give."""
    domain = DOMAINS[task.domain]
    if domain.channels and task.channels != domain.channels:
        raise ValueError(
            f"task {shown(task.name)} has channels = {task.channels}, but domain "
            f"'{domain.name}' has {domain.channels}"
        )
    least = room_types if room_types and domain.name == "class_scene" else domain.classes
    # How many classes a tree's files tell apart is known when they are read.
    if task.classes < least and (room_types or domain.name != "class_scene"):
        raise ValueError(
            f"task {shown(task.name)} has classes = {task.classes}, but domain "
            f"'{domain.name}' has {least}"
        )


def _groups(
    words: Sequence[str | list[str]], tasks: Sequence[str]
) -> tuple[tuple[tuple[str, ...], ...], list[Problem]]:
    groups: dict[tuple[str, ...], None] = {}
    problems = []
    for index, item in enumerate(words):
        place = ("networks", "groups", index)
        if isinstance(item, list):
            unknown = [name for name in item if name not in tasks]
            if unknown:
                near = nearest(unknown[0], tasks)
                problems.append(
                    Problem(place, f"unknown task {shown(unknown[0])}; the nearest is '{near}'")
                )
            elif not item or len(set(item)) < len(item):
                problems.append(Problem(place, "a group needs tasks, each once"))
            else:
                groups[tuple(sorted(item))] = None
        elif item == "singles":
            groups.update({(name,): None for name in tasks})
        elif item == "pairs":
            groups.update(dict.fromkeys(itertools.combinations(tasks, 2)))
        elif item == "all":
            groups[tuple(tasks)] = None
        elif item == "groups":
            problems += _too_many(place, tasks)
            sizes = range(1, len(tasks) + 1 if len(tasks) <= MOST_TASKS_IN_GROUPS else 1)
            for size in sizes:
                groups.update(dict.fromkeys(itertools.combinations(tasks, size)))
        else:
            near = nearest(item, GROUP_WORDS)
            known = ", ".join(GROUP_WORDS)
            problems.append(
                Problem(
                    place,
                    f"unknown group {shown(item)}: {known} or a list; the nearest is '{near}'",
                )
            )
    if not groups and not problems:
        problems.append(Problem(("networks", "groups"), "no group of tasks to train"))
    return tuple(groups), problems


def _too_many(place: tuple[str | int, ...], tasks: Sequence[str]) -> list[Problem]:
    if len(tasks) <= MOST_TASKS_IN_GROUPS:
        return []
    message = (
        f"'groups' of {len(tasks)} tasks are {2 ** len(tasks) - 1} networks; it takes at most "
        f"{MOST_TASKS_IN_GROUPS} tasks"
    )
    return [Problem(place, message, (("tasks",),))]


def condition_problems(condition: Condition) -> list[Problem]:
    """Return what is impossible about the settings of one condition."""
    settings = condition.settings
    data, networks, training = settings.data, settings.networks, settings.training
    if isinstance(data, PublishedData):
        return published.settings_problems(settings)
    problems = []
    if networks.encoder not in ENCODERS:
        near = nearest(networks.encoder, ENCODERS)
        problems.append(
            Problem(
                ("networks", "encoder"),
                f"unknown encoder {shown(networks.encoder)}; the nearest is '{near}'",
            )
        )
    if isinstance(data, RoomsData) and data.image_size > data.pixels:
        problems.append(
            Problem(
                ("data", "image_size"),
                f"image_size {data.image_size} is larger than the rendered {data.pixels} pixels; "
                "raise data.pixels",
                (("data", "pixels"),),
            )
        )
    if data.train_images is not None and data.train_images < training.batch_size:
        problems.append(
            Problem(
                ("training", "batch_size"),
                f"batch_size {training.batch_size} exceeds the {data.train_images} training images",
                (("data", "train_images"),),
            )
        )
    singles = any(len(group) == 1 for group in condition.groups)
    if singles and not networks.single_capacities:
        problems.append(
            Problem(
                ("networks", "single_capacities"),
                "single_capacities = []: single nets are asked for at no capacity",
                (("networks", "groups"),),
            )
        )
    return problems


def study_problems(
    spec: StudySpec, conditions: Sequence[Condition]
) -> tuple[list[Problem], dict[str, Any]]:
    """Return what is impossible about seeds, gains and scores, and the scores' settings."""
    seeds = spec.study.seed_list()
    problems = []
    if not seeds or len(set(seeds)) < len(seeds):
        problems.append(Problem(("study", "seeds"), f"seeds = {seeds}: needs seeds, each once"))
    problems += _gain_problems(spec.gain, ("gain",), conditions)
    for index, gain in enumerate(spec.report.also):
        problems += _gain_problems(gain, ("report", "also", index), conditions)
    problems += published.study_problems(spec, conditions)
    problems += choose_problems(spec, conditions)
    scores: dict[str, Any] = {}
    for name, table in spec.scores.items():
        settings, found = _score_settings(name, table)
        problems += found or _score_problems(SCORES[name], conditions)
        scores[name] = settings
    return problems, scores


def _gain_problems(
    gain: GainSection, place: tuple[str | int, ...], conditions: Sequence[Condition]
) -> list[Problem]:
    problems: list[Problem] = []
    if published.is_published(conditions[0].settings) or gain.baseline not in _CAPACITY_OF:
        return problems
    needed = _CAPACITY_OF[gain.baseline]
    for condition in conditions:
        pairs = any(len(group) == 2 for group in condition.groups)
        if pairs and not has_singles(condition, needed):
            message = (
                f"baseline {shown(gain.baseline)} needs single nets of capacity {needed} for every "
                f"task{_in(condition)}; add {needed} to networks.single_capacities and 'singles' "
                "to networks.groups"
            )
            problems.append(Problem((*place, "baseline"), message, _SINGLES))
            break
    for condition in conditions:
        shared = set.intersection(*(set(task.metrics) for task in condition.tasks.values()))
        if gain.quantity != "loss" and gain.quantity not in shared:
            known = ["loss", *sorted(shared)]
            message = (
                f"quantity {shown(gain.quantity)} is not measured on every task{_in(condition)}: "
                f"one of {', '.join(known)}; the nearest is '{nearest(gain.quantity, known)}'"
            )
            problems.append(Problem((*place, "quantity"), message, (("tasks",),)))
            break
    return problems


def _in(condition: Condition) -> str:
    return "" if condition.name == BASE else f" in condition '{condition.name}'"


def has_singles(condition: Condition, capacity: float) -> bool:
    """Tell whether every task has a single net of the capacity in this condition."""
    singles = {group[0] for group in condition.groups if len(group) == 1}
    capacities = condition.settings.networks.single_capacities
    return capacity in capacities and singles == set(condition.tasks)


def _score_settings(name: str, table: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    place = ("scores", name)
    if name not in SCORES:
        near = nearest(name, SCORES)
        return None, [Problem(place, f"unknown score {shown(name)}; the nearest is '{near}'")]
    score = SCORES[name]
    known = setting_names(score)
    unknown = []
    for key in table:
        if key not in known:
            near = nearest(key, known)
            hint = f"the nearest valid name is '{near}'" if near else "this score has no settings"
            message = f"unknown key {shown(key)} in [scores.{name}]; {hint}"
            unknown.append(Problem((*place, key), message))
    if unknown:
        return None, unknown
    try:
        strict = checked_dataclass(score.Settings, frozen=True, config=ConfigDict(strict=True))
        strict(**table)
    except ValidationError as error:
        return None, [
            Problem(
                (*place, *item["loc"]),
                f"scores.{name}.{'.'.join(map(str, item['loc']))} = {shown(item['input'])}: "
                f"{item['msg']}",
            )
            for item in error.errors(include_url=False)
        ]
    settings = score.settings(table)
    split = getattr(settings, "split", "val")
    if split not in SPLITS:
        near = nearest(split, SPLITS)
        return None, [
            Problem((*place, "split"), f"unknown split {shown(split)}; the nearest is '{near}'")
        ]
    for key, least in (("images", 2), ("pixels", 1)):
        if getattr(settings, key, least) < least:
            message = f"{key} = {getattr(settings, key)}: at least {least}"
            return None, [Problem((*place, key), message)]
    return settings, []


def _score_problems(score: Score, conditions: Sequence[Condition]) -> list[Problem]:
    place = ("scores", score.name)
    for condition in conditions:
        pairs = ordered_pairs(condition.tasks)
        undefined = score.undefined(condition.tasks)
        if not pairs:
            message = f"score '{score.name}' compares tasks and there is only one{_in(condition)}"
            return [Problem(place, message, (("tasks",),))]
        if len(undefined) == len(pairs):
            reason = next(iter(undefined.values()))
            message = f"score '{score.name}' is not defined for any pair{_in(condition)}: {reason}"
            return [Problem(place, message, (("tasks",),))]
        if score.needs is Needs.HALF_SINGLES and not has_singles(condition, 0.5):
            return [
                Problem(
                    place,
                    f"score '{score.name}' reads {score.needs.value}, which the study does not "
                    f"train{_in(condition)}; add 0.5 to networks.single_capacities and 'singles' "
                    "to networks.groups",
                    _SINGLES,
                )
            ]
    return []
