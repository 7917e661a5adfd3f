"""A study expanded: its jobs, and which job stands for which cell of the grid."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from specbench.names import join
from specbench.nets.cost import network_macs
from specbench.plan.code import name_code
from specbench.plan.content import image_size, network_content, training_content
from specbench.plan.figures import figure_jobs
from specbench.plan.jobs import Job, Kind
from specbench.plan.scoring import score_jobs
from specbench.plan.sources import DataPlan, domains_of, plan_data
from specbench.plan.stages import Start
from specbench.results import Results
from specbench.scores.contract import Needs, finetuned_name, injected_name, ordered_pairs
from specbench.scores.registry import SCORES
from specbench.spec.data import PublishedData
from specbench.spec.study import Condition, Study
from specbench.spec.text_models import TextData
from specbench.tasks.catalogue import Task
from specbench.tasks.inject import input_channels
from specbench.training.methods.cost import step_macs
from specbench.usercode.locate import located

NETWORK_VERSION = 1
"""Raise it when the training of unchanged settings would give another network."""
CONSTANT_VERSION = 1
"""Raise it when the best constant of unchanged data would differ."""


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


@dataclass(frozen=True)
class Finetuned:
    """A finetuning's place in a transfer study: one learning rate of one target, set and seed."""

    key: str
    condition: str
    seed: int
    source_set: str
    sources: str
    """Names of the source tasks, joined by ``+``; '' without pre-training."""
    target: str
    rate: float
    pretrained: str
    """Keys of the pre-trainings, one a learning rate, joined by ``+``."""


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
    transfers: list[Finetuned] = field(default_factory=list)
    undecided: dict[str, list[str]] = field(default_factory=dict)
    """Sets whose sources are known once a score is computed, by condition."""
    provisional: bool = False
    """Whether some data is not packed yet, so that keys of networks are not final."""

    @property
    def partial(self) -> bool:
        """Whether there is more to do than can be told yet."""
        return self.provisional or bool(self.undecided)

    def add(self, job: Job) -> str:
        """Take a job in, once; return its key."""
        self.jobs.setdefault(job.key, job)
        return job.key

    def needs(self) -> dict[str, tuple[str, ...]]:
        """Return the jobs whose results each job reads."""
        return {key: job.needs for key, job in self.jobs.items()}

    def conditions_of(self) -> dict[str, set[str]]:
        """Return the conditions that each job serves."""
        serves: dict[str, set[str]] = {key: set() for key in self.jobs}
        cells: list[Cell | Finetuned] = [*self.networks, *self.constants, *self.scores]
        for cell in (*cells, *self.data, *self.figures, *self.transfers):
            serves[cell.key].add(cell.condition)
        for key, job in reversed(self.jobs.items()):  # a job comes after those it needs
            for need in job.needs:
                serves[need] |= serves[key]
        return serves


def expand(study: Study, results: Results) -> Plan:
    """Return the plan of a study against what the results folder already knows of its data."""
    plan = Plan(study)
    with located():
        for condition in study.conditions:
            _expand_condition(plan, condition, results)
    name_code(plan.jobs)
    return plan


def _expand_condition(plan: Plan, condition: Condition, results: Results) -> None:
    settings = condition.settings
    if isinstance(settings.data, PublishedData):
        _expand_published(plan, condition)
        return
    data = data_of(condition, results)
    plan.provisional |= data.provisional
    for job in data.jobs:
        plan.add(job)
    plan.data += [Cell(key, condition.name) for key in dict.fromkeys(data.selects)]
    for task in condition.tasks.values():
        key = plan.add(constant_job(task, data, image_size(settings.data)))
        plan.constants.append(Cell(key, condition.name, target=task.name))
    if settings.transfer is not None:
        from specbench.plan.transfer import expand_transfer

        expand_transfer(plan, condition, data, results)
        return
    for seed in plan.study.seeds:
        networks = expand_networks(plan, condition, seed, data)
        jobs = score_jobs(computed(plan.study), condition, networks, data)
        for job in jobs.traces:
            plan.add(job)
        for name, job in jobs.scores.items():
            plan.scores.append(Cell(plan.add(job), condition.name, seed, score=name))


def data_of(condition: Condition, results: Results) -> DataPlan:
    """Return the data jobs of a condition."""
    if isinstance(condition.settings.data, TextData):
        from specbench.plan.text import plan_text

        return cast(DataPlan, plan_text(condition, results))  # it has the same face
    return plan_data(condition.settings.samples, condition.tasks.values(), results)


def computed(study: Study) -> dict[str, Any]:
    """Return the scores that a job computes; others are read off the measured gains."""
    return {n: s for n, s in study.scores.items() if SCORES[n].needs is not Needs.GAINS}


def _expand_published(plan: Plan, condition: Condition) -> None:
    for job in figure_jobs(plan.study, condition):
        plan.figures.append(Cell(plan.add(job), condition.name))
    for name, job in score_jobs(computed(plan.study), condition, {}, None).scores.items():
        plan.scores.append(Cell(plan.add(job), condition.name, 0, score=name))


def expand_networks(
    plan: Plan,
    condition: Condition,
    seed: int,
    data: DataPlan,
    trained: Callable[[tuple[str, ...]], Condition] | None = None,
) -> dict[str, Job]:
    """Add the networks of a seed; return those that scores read, by the name they know them by.

    ``trained`` tells the condition under which a group is trained, where it is another.
    """
    read: dict[str, Job] = {}
    keep, needed = plan.study.spec.store.keep_epochs_mb, _needs(plan.study)
    under = trained or (lambda group: condition)
    for group in condition.groups:
        for capacity in _capacities(condition, group):
            job = network_job(under(group), group, capacity, seed, data, keep_epochs_mb=keep)
            cell = Cell(plan.add(job), condition.name, seed, join(group), capacity)
            plan.networks.append(cell)
            if len(group) > 1 or capacity == 0.5:
                read[cell.network] = job
    pairs = ordered_pairs(condition.tasks)
    for target, partner in pairs if Needs.INJECTED in needed else ():
        job = network_job(under((target,)), (target,), 0.5, seed, data, partner)
        cell = Cell(plan.add(job), condition.name, seed, target, 0.5, partner)
        plan.networks.append(cell)
        read[injected_name(target, partner)] = job
    for target, partner in pairs if Needs.FINETUNED in needed else ():
        start = Start((read[partner],))
        job = network_job(under((target,)), (target,), 0.5, seed, data, start=start)
        plan.add(job)
        read[finetuned_name(target, partner)] = job
    return read


def _needs(study: Study) -> set[Needs]:
    """Return what the scores of a study need."""
    return {SCORES[name].needs for name in study.scores}


def _capacities(condition: Condition, group: tuple[str, ...]) -> list[float]:
    if len(group) == 1:
        return sorted(set(condition.settings.networks.single_capacities))
    return [1.0]


def constant_job(task: Task, data: DataPlan, size: Mapping[str, int]) -> Job:
    """Return the job that fits the best constant predictor of a task on images of ``size``."""
    domains = domains_of([task], data.input)
    content = {
        "kind": "constant",
        "version": CONSTANT_VERSION,
        # The weight of a task changes its training, not its loss.
        "task": dataclasses.replace(task, weight=1.0).content(),
        # The input only counts the images, unless it is the label.
        "data": {
            **size,
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
    condition: Condition,
    group: tuple[str, ...],
    capacity: float,
    seed: int,
    data: DataPlan,
    injected: str = "",
    keep_epochs_mb: float = 0,
    start: Start | None = None,
) -> Job:
    """Return the job that trains one network; nothing of its neighbours enters its content.

    ``injected`` names the partner whose label is fed beside the image; ``start`` are the networks
    that its encoder starts from.
    """
    settings = condition.settings
    tasks = {name: condition.tasks[name] for name in group}
    fed = {injected: condition.tasks[injected]} if injected else {}
    domains = domains_of([*tasks.values(), *fed.values()], data.input)
    model = data.model.content() if data.model else None
    network = network_content(condition, capacity, data.shape, data.texts, model)
    content: dict[str, Any] = {
        "kind": "network",
        "version": NETWORK_VERSION,
        "seed": seed,
        "data": {
            **image_size(settings.data),
            "identity": data.identity(domains),
            "input": data.input,
        },
        "tasks": {name: task.content() for name, task in tasks.items()},
        "network": network,
        "injected": fed[injected].as_input().content() if injected else "",
        "training": training_content(condition, group),
    }
    folders, start = data.folders(domains), start or Start()
    content |= start.content()
    images = data.samples(domains, settings.training.samples)
    channels = input_channels(content)
    counted = data.counted(network, domains)
    forward = network_macs(counted, tasks.values(), channels)
    heads, frozen = list(tasks.values()), start.head_only
    step = step_macs(counted, heads, content["training"], channels, frozen=frozen)
    label = f" with the label of {injected}" if injected else ""
    return Job(
        Kind.NETWORK,
        content,
        f"{join(group)}{label} at {capacity:g}, seed {seed}{start.words}",
        needs=(*start.keys, *folders.values(), *start.sources(data).values()),
        where={
            "folders": folders,
            "keep_epochs_mb": keep_epochs_mb,
            **({"sources": start.sources(data)} if start.keys else {}),
            **({"model": data.model.folder} if data.model else {}),
            **({"overlap": settings.data.overlap} if isinstance(settings.data, TextData) else {}),
        },
        work=float(step * images * settings.training.epochs) or float(forward),
    )
