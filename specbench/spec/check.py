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
from specbench.spec.fields import nearest
from specbench.spec.models import (
    ArraysData,
    GainSection,
    RoomsData,
    Settings,
    StudySpec,
    TaskSection,
)
from specbench.spec.problems import Problem, shown
from specbench.spec.study import Condition
from specbench.tasks.catalogue import Task
from specbench.tasks.resolve import resolve_task

GROUP_WORDS = ("singles", "pairs", "all")
SPLITS = ("train", "val", "test")
_CAPACITY_OF = {"half": 0.5, "full": 1.0}
_CAPACITY_TOLERANCE = 1e-9


def with_defaults(settings: Settings) -> Settings:
    """Return the settings with the widths that suit the encoder where none are given."""
    networks = settings.networks
    known = ENCODERS.get(networks.encoder)
    if known is None:
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
    if isinstance(settings.tasks, list) and len(sections) < len(settings.tasks):
        problems.append(Problem(("tasks",), "a task is named twice"))
    for task_name in sorted(sections):
        try:
            tasks[task_name] = _task(task_name, sections[task_name], settings)
        except ValueError as error:
            problems.append(Problem(("tasks", task_name), str(error)))
    groups, group_problems = _groups(settings.networks.groups, sorted(sections))
    return Condition(name, settings, tasks, groups), problems + group_problems


def _task(name: str, section: TaskSection, settings: Settings) -> Task:
    given = section.model_dump()
    rooms = isinstance(settings.data, RoomsData)
    if rooms and "class_scene" in (name, section.domain) and section.classes is None:
        given["classes"] = len(ROOM_TYPES)
    task = resolve_task(name, given)
    domains = ROOM_DOMAINS if rooms else tuple(DOMAINS)
    if not isinstance(settings.data, ArraysData) and task.domain not in domains:
        near = nearest(task.domain, domains)
        raise ValueError(
            f"task {shown(name)} reads domain {shown(task.domain)}, which a source of kind "
            f"{shown(settings.data.kind)} does not have; the nearest is '{near}'"
        )
    return task


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


def condition_problems(condition: Condition) -> list[Problem]:
    """Return what is impossible about the settings of one condition."""
    settings = condition.settings
    data, networks, training = settings.data, settings.networks, settings.training
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
            )
        )
    if data.train_images is not None and data.train_images < training.batch_size:
        problems.append(
            Problem(
                ("training", "batch_size"),
                f"batch_size {training.batch_size} exceeds the {data.train_images} training images",
            )
        )
    singles = any(len(group) == 1 for group in condition.groups)
    if singles and not networks.single_capacities:
        problems.append(
            Problem(("networks", "single_capacities"), "single nets are asked for at no capacity")
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
    scores: dict[str, Any] = {}
    for name, table in spec.scores.items():
        settings, found = _score_settings(name, table)
        problems += found or _score_problems(SCORES[name], conditions)
        scores[name] = settings
    return problems, scores


def _gain_problems(
    gain: GainSection, place: tuple[str | int, ...], conditions: Sequence[Condition]
) -> list[Problem]:
    problems = []
    for condition in conditions:
        if not any(len(group) == 2 for group in condition.groups):
            continue
        needed = _CAPACITY_OF[gain.baseline]
        if not has_singles(condition, needed):
            problems.append(
                Problem(
                    (*place, "baseline"),
                    f"baseline {shown(gain.baseline)} needs single nets of capacity {needed} for "
                    f"every task; add {needed} to networks.single_capacities and 'singles' to "
                    "networks.groups",
                )
            )
        shared = set.intersection(*(set(task.metrics) for task in condition.tasks.values()))
        if gain.quantity != "loss" and gain.quantity not in shared:
            known = ["loss", *sorted(shared)]
            near = nearest(gain.quantity, known)
            problems.append(
                Problem(
                    (*place, "quantity"),
                    f"quantity {shown(gain.quantity)} is not measured on every task: one of "
                    f"{', '.join(known)}; the nearest is '{near}'",
                )
            )
    return problems


def has_singles(condition: Condition, capacity: float) -> bool:
    """Tell whether every task has a single net of the capacity in this condition."""
    singles = {group[0] for group in condition.groups if len(group) == 1}
    capacities = condition.settings.networks.single_capacities
    reached = any(abs(value - capacity) < _CAPACITY_TOLERANCE for value in capacities)
    return reached and singles == set(condition.tasks)


def _score_settings(name: str, table: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    place = ("scores", name)
    if name not in SCORES:
        near = nearest(name, SCORES)
        return None, [Problem(place, f"unknown score {shown(name)}; the nearest is '{near}'")]
    score = SCORES[name]
    known = setting_names(score)
    for key in table:
        if key not in known:
            near = nearest(key, known)
            hint = f"the nearest valid name is '{near}'" if near else "this score has no settings"
            return None, [
                Problem((*place, key), f"unknown key {shown(key)} in [scores.{name}]; {hint}")
            ]
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
    if getattr(settings, "images", 2) < 2:
        return None, [Problem((*place, "images"), f"images = {settings.images}: at least 2")]
    return settings, []


def _score_problems(score: Score, conditions: Sequence[Condition]) -> list[Problem]:
    place = ("scores", score.name)
    for condition in conditions:
        pairs = ordered_pairs(condition.tasks)
        undefined = score.undefined(condition.tasks)
        if not pairs:
            return [Problem(place, f"score '{score.name}' compares tasks and there is only one")]
        if len(undefined) == len(pairs):
            reason = next(iter(undefined.values()))
            return [Problem(place, f"score '{score.name}' is not defined for any pair: {reason}")]
        if score.needs is Needs.HALF_SINGLES and not has_singles(condition, 0.5):
            return [
                Problem(
                    place,
                    f"score '{score.name}' reads {score.needs.value}, which the study does not "
                    "train; add 0.5 to networks.single_capacities and 'singles' to networks.groups",
                )
            ]
    return []
