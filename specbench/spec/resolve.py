"""Settings resolved: widths that suit the encoder, tasks of the catalogue, groups of tasks."""

from __future__ import annotations

from collections.abc import Mapping

from specbench.data.domains import Domain
from specbench.data.kinds import ONE_SIDED, domains_of_kind
from specbench.nets.architecture import ENCODERS
from specbench.spec import published, table, text
from specbench.spec.fields import nearest
from specbench.spec.groups import expand_groups
from specbench.spec.models import NetworksSection, Settings, TaskSection
from specbench.spec.problems import Problem, shown
from specbench.spec.study import Condition
from specbench.spec.table_models import TableData
from specbench.spec.text_models import TextData
from specbench.tasks.catalogue import CATALOGUE, Task
from specbench.tasks.registry import OWN
from specbench.tasks.resolve import resolve_task

_CHOSEN = "ids"
"""The name under which jobs find the chosen images, among the domains they read."""


def with_defaults(settings: Settings) -> Settings:
    """Return the settings with what suits encoder and data where nothing else is given."""
    if published.is_published(settings):
        return settings
    if isinstance(settings.data, TableData):
        settings = table.with_defaults(settings, settings.data)
    if isinstance(settings.data, TextData):
        settings = text.with_defaults(settings)
    training = settings.training
    if training.flip is None:
        suits = settings.data.kind not in ONE_SIDED
        training = training.model_copy(update={"flip": suits})
    networks = _with_widths(settings.networks)
    if settings.transfer is not None and "groups" not in networks.model_fields_set:
        networks = networks.model_copy(update={"groups": []})
    return settings.model_copy(update={"networks": networks, "training": training})


def _with_widths(networks: NetworksSection) -> NetworksSection:
    known = ENCODERS.get(networks.encoder)
    if known is None:
        return networks
    width = networks.decoder.width or known.decoder_width or None
    return networks.model_copy(
        update={
            "width": networks.width or known.width,
            "features": networks.features or known.features,
            "decoder": networks.decoder.model_copy(update={"width": width}),
        }
    )


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
    if settings.transfer is not None and not settings.networks.groups:
        return Condition(name, settings, tasks, ()), problems
    groups, group_problems = expand_groups(settings.networks.groups, sorted(sections))
    return Condition(name, settings, tasks, groups), problems + group_problems


def _task(name: str, section: TaskSection, settings: Settings) -> Task:
    if published.is_published(settings):
        return published.named_task(name)
    given = section.model_dump()
    if isinstance(settings.data, TableData):
        return table.task_of(name, given)
    if isinstance(settings.data, TextData):
        return text.task_of(name, given, settings.data)
    known = domains_of_kind(settings.data.kind, getattr(settings.data, "classes", None))
    if known is not None:
        given["classes"] = section.classes or _classes(name, section, known)
    task = resolve_task(name, given)
    if known is None:
        if task.domain == _CHOSEN:
            raise ValueError(f"task {shown(name)}: no domain may be called '{_CHOSEN}'")
        return task
    if task.domain not in known:
        near = nearest(task.domain, known)
        raise ValueError(
            f"task {shown(name)} reads domain {shown(task.domain)}, which a source of kind "
            f"{shown(settings.data.kind)} does not have; the nearest is '{near}'"
        )
    _refuse_other_labels(task, known[task.domain], settings.data.kind)
    return task


def _classes(name: str, section: TaskSection, known: Mapping[str, Domain]) -> int | None:
    """Return how many classes the source's domain tells apart; None where the task says, or none.

    A domain can have other classes in one source than in another: rooms know six kinds of room.
    """
    own = OWN[name].thing.settings if name in OWN else {}
    entry = CATALOGUE.get(name)
    domain = known.get(section.domain or own.get("domain") or (entry.domain if entry else ""))
    return None if domain is None or "classes" in own else domain.classes or None


def _refuse_other_labels(task: Task, domain: Domain, kind: str) -> None:
    """Refuse a task whose labels the source's domain of that name cannot give."""
    if domain.channels and task.channels != domain.channels:
        raise ValueError(
            f"task {shown(task.name)} has channels = {task.channels}, but domain "
            f"'{domain.name}' has {domain.channels}"
        )
    # How many kinds of room a tree's files tell apart is known when they are read.
    told_by_files = kind == "taskonomy" and domain.name == "class_scene"
    if task.classes < domain.classes and not told_by_files:
        raise ValueError(
            f"task {shown(task.name)} has classes = {task.classes}, but domain "
            f"'{domain.name}' has {domain.classes}"
        )
