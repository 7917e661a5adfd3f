"""A study expanded: its jobs, and which job stands for which cell of the grid."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from specbench.names import join
from specbench.nets.cost import VERSION as ARCHITECTURE_VERSION
from specbench.nets.cost import network_macs
from specbench.plan.figures import figure_jobs
from specbench.plan.jobs import Job, Kind
from specbench.plan.sources import DataPlan, domains_of, plan_data
from specbench.results import Results
from specbench.scores.contract import Needs
from specbench.scores.registry import SCORES
from specbench.scores.usercode import code_of
from specbench.spec.models import PublishedData
from specbench.spec.study import Condition, Study
from specbench.tasks.catalogue import Task

NETWORK_VERSION = 1
"""Raise it when the training of unchanged settings would give another network."""
CONSTANT_VERSION = 1
"""Raise it when the best constant of unchanged data would differ."""
_TRAINING_PASSES = 3
"""Multiply-adds of a training step in forward passes: one forward, two backward."""
_READ_ONLY_BY = {
    ("optimizer", "sgd"): ("momentum",),
    ("schedule", "step"): ("step_epochs", "step_factor"),
    ("schedule", "plateau"): ("patience",),
}
"""Training settings that only one choice of another setting reads."""


@dataclass(frozen=True)
class Cell:
    """A job's place in the study."""

    key: str
    condition: str
    seed: int | None = None
    network: str = ""
    capacity: float = 0.0
    injected: str = ""
    score: str = ""
    target: str = ""


@dataclass
class Plan:
    """Jobs by key, in the order in which they were needed, and the cells they fill."""

    study: Study
    jobs: dict[str, Job] = field(default_factory=dict)
    networks: list[Cell] = field(default_factory=list)
    constants: list[Cell] = field(default_factory=list)
    scores: list[Cell] = field(default_factory=list)
    data: list[Cell] = field(default_factory=list)
    figures: list[Cell] = field(default_factory=list)
    provisional: bool = False
    """Whether some data is not packed yet, so that keys of networks are not final."""

    def add(self, job: Job) -> str:
        """Take a job in, once; return its key."""
        self.jobs.setdefault(job.key, job)
        return job.key

    def conditions_of(self) -> dict[str, set[str]]:
        """Return the conditions that each job serves."""
        serves: dict[str, set[str]] = {key: set() for key in self.jobs}
        cells = (*self.networks, *self.constants, *self.scores, *self.data, *self.figures)
        for cell in cells:
            for key in _with_needs(cell.key, self.jobs):
                serves[key].add(cell.condition)
        return serves


def _with_needs(key: str, jobs: Mapping[str, Job]) -> Iterator[str]:
    waiting, seen = [key], set()
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            yield current
            waiting.extend(jobs[current].needs)


def expand(study: Study, results: Results) -> Plan:
    """Return the plan of a study against what the results folder already knows of its data."""
    plan = Plan(study)
    for condition in study.conditions:
        _expand_condition(plan, condition, results)
    return plan


def _expand_condition(plan: Plan, condition: Condition, results: Results) -> None:
    settings = condition.settings
    if isinstance(settings.data, PublishedData):
        _expand_published(plan, condition)
        return
    data = plan_data(settings.images, condition.tasks.values(), results)
    plan.provisional |= data.provisional
    for job in data.jobs:
        plan.add(job)
    plan.data.append(Cell(data.select, condition.name))
    for task in condition.tasks.values():
        key = plan.add(constant_job(task, data, settings.images.image_size))
        plan.constants.append(Cell(key, condition.name, target=task.name))
    read: dict[int, dict[str, str]] = {seed: {} for seed in plan.study.seeds}
    for seed in plan.study.seeds:
        for group in condition.groups:
            for capacity in _capacities(condition, group):
                key = plan.add(network_job(condition, group, capacity, seed, data))
                plan.networks.append(Cell(key, condition.name, seed, join(group), capacity))
                if len(group) > 1 or capacity == 0.5:
                    read[seed][join(group)] = key
        for name, score_settings in _computed(plan.study):
            job = score_job(name, score_settings, condition, read[seed], data)
            plan.scores.append(Cell(plan.add(job), condition.name, seed, score=name))


def _computed(study: Study) -> list[tuple[str, Any]]:
    """Return the scores that a job computes; others are read off the measured gains."""
    return [item for item in study.scores.items() if SCORES[item[0]].needs is not Needs.GAINS]


def _expand_published(plan: Plan, condition: Condition) -> None:
    for job in figure_jobs(plan.study, condition):
        plan.figures.append(Cell(plan.add(job), condition.name))
    for name, score_settings in _computed(plan.study):
        free = score_job(name, score_settings, condition, {}, None)
        plan.scores.append(Cell(plan.add(free), condition.name, 0, score=name))


def _capacities(condition: Condition, group: tuple[str, ...]) -> list[float]:
    if len(group) == 1:
        return sorted(set(condition.settings.networks.single_capacities))
    return [1.0]


def constant_job(task: Task, data: DataPlan, image_size: int) -> Job:
    """Return the job that fits the best constant predictor of a task."""
    domains = domains_of([task], data.input)
    content = {
        "kind": "constant",
        "version": CONSTANT_VERSION,
        # The weight of a task changes its training, not its loss.
        "task": dataclasses.replace(task, weight=1.0).content(),
        # The input only counts the images, unless it is the label.
        "data": {
            "image_size": image_size,
            "identity": data.identity(domains - {data.input} | {task.domain}),
        },
    }
    folders = data.folders(domains)
    return Job(
        Kind.CONSTANT,
        content,
        f"best constant for {task.name}",
        needs=tuple(folders.values()),
        where={"folders": folders, "input": data.input},
    )


def network_job(
    condition: Condition, group: tuple[str, ...], capacity: float, seed: int, data: DataPlan
) -> Job:
    """Return the job that trains one network; nothing of its neighbours enters its content."""
    settings = condition.settings
    tasks = {name: condition.tasks[name] for name in group}
    domains = domains_of(tasks.values(), data.input)
    network = network_content(condition, capacity)
    content = {
        "kind": "network",
        "version": NETWORK_VERSION,
        "seed": seed,
        "data": {
            "image_size": settings.images.image_size,
            "identity": data.identity(domains),
            "input": data.input,
        },
        "tasks": {name: task.content() for name, task in tasks.items()},
        "network": network,
        "injected": "",
        "training": training_content(condition),
    }
    folders = data.folders(domains)
    images = data.images["train"] or 0
    forward = network_macs(network, tasks.values())
    return Job(
        Kind.NETWORK,
        content,
        f"{join(group)} at {capacity:g}, seed {seed}",
        needs=tuple(folders.values()),
        where={"folders": folders},
        work=float(_TRAINING_PASSES * forward * images * settings.training.epochs)
        or float(forward),
    )


def network_content(condition: Condition, capacity: float) -> dict[str, Any]:
    """Return the network part of a training job, every default filled in."""
    section = condition.settings.networks
    return {
        "version": ARCHITECTURE_VERSION,
        "encoder": section.encoder,
        "width": section.width,
        "features": section.features,
        "decoder_width": section.decoder.width,
        "decoder_blocks": section.decoder.blocks,
        "capacity": capacity,
        "image_size": condition.settings.images.image_size,
    }


def training_content(condition: Condition) -> dict[str, Any]:
    """Return the training settings without those that optimiser and schedule never read."""
    content = condition.settings.training.model_dump(mode="json")
    unread = [n for (name, word), n in _READ_ONLY_BY.items() if content[name] != word]
    return {name: value for name, value in content.items() if name not in sum(unread, ())}


def score_job(
    name: str,
    settings: Any,
    condition: Condition,
    networks: Mapping[str, str],
    data: DataPlan | None,
) -> Job:
    """Return the job that computes one score for all pairs of one condition and seed.

    ``networks`` are the keys of those that scores can read: single nets of half capacity by their
    task, nets of several tasks by theirs joined by `+`.
    """
    score = SCORES[name]
    tasks = {task: condition.tasks[task].content() for task in sorted(condition.tasks)}
    content: dict[str, Any] = {
        "kind": "score",
        "score": name,
        "version": score.version,
        "settings": vars(settings),
        "tasks": tasks,
    }
    code = code_of(name)
    if code is not None:
        content["code"] = code.sha
    where: dict[str, Any] = {"folders": {}, "networks": {}}
    if score.needs.trained:
        content["networks"] = {name: networks[name] for name in score.reads(condition.tasks)}
        where["networks"] = dict(content["networks"])
    if score.needs.data and data is not None:
        domains = domains_of(condition.tasks.values(), data.input)
        content["data"] = {"identity": data.identity(domains), "input": data.input}
        where["folders"] = data.folders(domains)
    if code is not None:
        where["code"] = str(code.path)
    return Job(
        Kind.SCORE,
        content,
        f"score {name}",
        needs=(*where["networks"].values(), *where["folders"].values()),
        where=where,
    )
