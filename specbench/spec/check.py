"""Combinations that cannot be run, found before any data is looked for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from specbench.data.kinds import ONE_SIDED
from specbench.data.registry import OWN as SOURCES
from specbench.nets.architecture import ENCODERS
from specbench.scores.contract import Needs, Score, ordered_pairs
from specbench.scores.registry import SCORES
from specbench.spec import published, table, text, transfer
from specbench.spec.choose import choose_problems
from specbench.spec.data import OwnData, PublishedData, RgbdData, RoomsData
from specbench.spec.fields import OPTIONS, nearest
from specbench.spec.groups import MOST_TASKS
from specbench.spec.methods import method_problems
from specbench.spec.models import GainSection, StudySpec
from specbench.spec.problems import Problem, shown
from specbench.spec.settings import settings_problems
from specbench.spec.shared import refusal
from specbench.spec.study import BASE, Condition
from specbench.spec.table_models import TableData
from specbench.spec.text_models import TextData

_SINGLES = (("networks", "single_capacities"), ("networks", "groups"))
SPLITS = ("train", "val", "test")
_ON_TEXTS = (Needs.NOTHING, Needs.FINETUNED, Needs.GAINS)
"""What a score may need where tasks have no samples in common."""
_CAPACITY_OF = {"half": 0.5, "full": 1.0}


def condition_problems(condition: Condition) -> list[Problem]:
    """Return what is impossible about the settings of one condition."""
    settings = condition.settings
    data, networks, training = settings.data, settings.networks, settings.training
    if isinstance(data, PublishedData):
        return published.settings_problems(settings)
    if problems := transfer.settings_problems(settings) or transfer.leaks(condition):
        return problems
    problems = method_problems(condition)
    if networks.encoder not in ENCODERS:
        near = nearest(networks.encoder, ENCODERS)
        problems.append(
            Problem(
                ("networks", "encoder"),
                f"unknown encoder {shown(networks.encoder)}; the nearest is '{near}'",
            )
        )
    if isinstance(data, OwnData):
        model = SOURCES[data.kind].thing.Settings
        problems += settings_problems(OPTIONS, model, data.options, "source")
    if isinstance(data, RoomsData) and data.image_size > data.pixels:
        problems.append(
            Problem(
                ("data", "image_size"),
                f"image_size {data.image_size} is larger than the rendered {data.pixels} pixels; "
                "raise data.pixels",
                (("data", "pixels"),),
            )
        )
    if isinstance(data, RgbdData) and min(data.intrinsics[:2]) <= 0:
        message = f"intrinsics = {data.intrinsics}: the focal lengths fx and fy are above 0"
        problems.append(Problem(("data", "intrinsics"), message))
    if data.kind in ONE_SIDED and training.flip:
        message = (
            f"flip = true: the labels of {data.kind} are wrong for a mirrored image; leave it out "
            "or set it to false"
        )
        problems.append(Problem(("training", "flip"), message, (("data", "kind"),)))
    word = word_of(data)
    fewest = getattr(data, f"train_{word}")
    if fewest is not None and fewest < training.batch_size:
        problems.append(
            Problem(
                ("training", "batch_size"),
                f"batch_size {training.batch_size} exceeds the {fewest} training {word}",
                (("data", f"train_{word}"),),
            )
        )
    problems += table.settings_problems(condition)
    if isinstance(data, TextData):
        problems += text.settings_problems(condition, data)
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


def word_of(data: Any) -> str:
    """Return what the samples of a source are called."""
    if isinstance(data, TableData):
        return "rows"
    return "texts" if isinstance(data, TextData) else "images"


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
    for condition in conditions:
        problems += transfer.score_problems(condition, spec.scores)
    scores: dict[str, Any] = {}
    for name, given in spec.scores.items():
        settings, found = _score_settings(name, given)
        problems += found or _score_problems(SCORES[name], settings, conditions)
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
    problems = settings_problems(place, score.Settings, table, "score")
    if problems:
        return None, problems
    settings = score.settings(table)
    split = getattr(settings, "split", "val")
    if split not in SPLITS:
        near = nearest(split, SPLITS)
        return None, [
            Problem((*place, "split"), f"unknown split {shown(split)}; the nearest is '{near}'")
        ]
    for key, least in (("images", 2), ("pixels", 1), ("every", 1), ("dimensions", 1)):
        value = getattr(settings, key, least)
        if value < least:
            return None, [Problem((*place, key), f"{key} = {value}: at least {least}")]
    if not getattr(settings, "ridge", 1.0) > 0:
        return None, [Problem((*place, "ridge"), f"ridge = {settings.ridge}: above 0")]
    return settings, []


def _score_problems(score: Score, settings: Any, conditions: Sequence[Condition]) -> list[Problem]:
    place = ("scores", score.name)
    for condition in conditions:
        pairs = ordered_pairs(condition.tasks)
        undefined = score.undefined(condition.tasks)
        if isinstance(condition.settings.data, TextData) and score.needs not in _ON_TEXTS:
            message = (
                f"score '{score.name}' compares tasks on common samples, and texts are each "
                f"task's own{_in(condition)}: leave it out, or take [scores.transfer]"
            )
            return [Problem(place, message, (("data", "kind"),))]
        if score.images_only and isinstance(condition.settings.data, TableData):
            message = f"score '{score.name}' is defined on images only, not on a table"
            return [Problem(place, f"{message}{_in(condition)}; leave it out", (("data", "kind"),))]
        unshared = refusal(score, condition)
        if unshared:
            message = f"{unshared}{_in(condition)}; leave it out"
            return [Problem(place, message, (("data", "path"),))]
        if not pairs:
            message = f"score '{score.name}' compares tasks and there is only one{_in(condition)}"
            return [Problem(place, message, (("tasks",),))]
        if len(undefined) == len(pairs):
            reason = next(iter(undefined.values()))
            message = (
                f"score '{score.name}' is not defined for any pair{_in(condition)}: {reason}; "
                f"{score.remedy}"
            )
            return [Problem(place, message, (("tasks",),))]
        many = len(condition.tasks)
        if getattr(settings, "groups", False) is True and many > MOST_TASKS:
            message = (
                f"score '{score.name}' with groups = true looks ahead for all {2**many - 1} sets "
                f"of {many} tasks{_in(condition)}; it takes at most {MOST_TASKS} tasks: leave "
                "groups out, or add [scores.transference], which looks at the study's groups"
            )
            return [Problem((*place, "groups"), message, (("tasks",),))]
        if score.needs in (Needs.PAIRS, Needs.ALL) and condition.settings.training.stop_after:
            message = (
                f"score '{score.name}' looks along whole trainings{_in(condition)}, and "
                "training.stop_after ends them early: leave one of them out"
            )
            return [Problem(place, message, (("training", "stop_after"),))]
        lacking = _lacking(score, condition)
        if lacking:
            message = (
                f"score '{score.name}' reads {score.needs.value}, which the study does not "
                f"train{_in(condition)}; add {lacking}"
            )
            return [Problem(place, message, _SINGLES)]
    return []


def _lacking(score: Score, condition: Condition) -> str:
    """Return what to add to a study so that it trains the networks that a score reads."""
    if published.is_published(condition.settings):
        return ""
    singles = (Needs.HALF_SINGLES, Needs.INJECTED, Needs.FINETUNED)
    if score.needs in singles and not has_singles(condition, 0.5):
        return "0.5 to networks.single_capacities and 'singles' to networks.groups"
    if score.needs is Needs.GAINS and not any(len(group) == 2 for group in condition.groups):
        return "'pairs' to networks.groups"
    tasks, groups = sorted(condition.tasks), set(condition.groups)
    if score.needs is Needs.PAIRS and not groups.issuperset(itertools.combinations(tasks, 2)):
        return "'pairs' to networks.groups"
    if score.needs in (Needs.JOINT, Needs.ALL) and tuple(tasks) not in groups:
        return "'all' to networks.groups"
    return ""
