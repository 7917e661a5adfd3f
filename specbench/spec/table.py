"""What a table asks of a study: its encoder, its tasks, and settings that fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specbench.data.table.inputs import input_columns
from specbench.data.table.source import INPUTS
from specbench.data.table.targets import FORMS
from specbench.nets.architecture import ENCODERS, Takes
from specbench.spec.models import Settings
from specbench.spec.problems import Problem, shown
from specbench.spec.study import Condition
from specbench.spec.table_models import TableData
from specbench.spec.text_models import TextData
from specbench.tasks.catalogue import Task
from specbench.tasks.resolve import resolve_task

_NOT_TARGETS = (INPUTS, "ids")
_LITTLE = 1e-9


def takes(data: Any) -> Takes:
    """Return what networks are fed by a source."""
    if isinstance(data, TextData):
        return Takes.TEXTS
    if not isinstance(data, TableData):
        return Takes.IMAGES
    return Takes.SEQUENCES if data.window else Takes.VECTORS


def with_defaults(settings: Settings, data: TableData) -> Settings:
    """Return the settings of a study of a table: its encoder where none is given, no mirroring."""
    networks, training = settings.networks, settings.training
    if "encoder" not in networks.model_fields_set:
        encoder = "conv1d" if data.window else "mlp"
        networks = networks.model_copy(update={"encoder": encoder})
    if training.flip is None:
        training = training.model_copy(update={"flip": False})
    if "channels_last" not in training.model_fields_set:
        training = training.model_copy(update={"channels_last": False})
    return settings.model_copy(update={"networks": networks, "training": training})


def task_of(name: str, given: Mapping[str, Any]) -> Task:
    """Return a task on a column: its domain, by default the one of its name.

    ValueError, in one sentence, where it cannot be one.
    """
    given = {**given, "domain": given.get("domain") or name}
    if given.get("kind") not in FORMS:
        raise ValueError(
            f"task {shown(name)} reads a column: give its kind, one of {', '.join(FORMS)}"
        )
    if given["domain"] in _NOT_TARGETS:
        raise ValueError(f"task {shown(name)}: no column of labels may be called {given['domain']}")
    task = resolve_task(name, given, {})
    if task.channels != 1 or task.masked:
        raise ValueError(f"task {shown(name)}: a column has one channel and no mask")
    return task


def settings_problems(condition: Condition) -> list[Problem]:
    """Return what does not fit together about a source and what its networks are."""
    data, encoder = condition.settings.data, condition.settings.networks.encoder
    problems = []
    known, fed = ENCODERS.get(encoder), takes(data)
    if known is not None and known.takes is not fed:
        fitting = ", ".join(name for name, one in ENCODERS.items() if one.takes is fed)
        message = f"encoder {shown(encoder)} takes {known.takes} and is given {fed}: one of"
        problems.append(
            Problem(("networks", "encoder"), f"{message} {fitting}", (("data", "kind"),))
        )
    if isinstance(data, TableData):
        problems += _table_problems(data)
        problems += _task_problems(condition, data)
    return problems


def _table_problems(data: TableData) -> Iterator[Problem]:
    fed, split = input_columns(data.inputs.model_dump()), data.split
    place = ("data", "inputs")
    if not fed:
        yield Problem(place, "no input column: name some under numeric, categorical or text")
    twice = [name for index, name in enumerate(fed) if name in fed[:index]]
    if twice:
        yield Problem(place, f"column {shown(twice[0])} is an input twice")
    if data.inputs.text_ngrams != sorted(data.inputs.text_ngrams):
        yield Problem((*place, "text_ngrams"), "text_ngrams: the shortest comes first")
    place = ("data", "split")
    ways = [name for name in ("column", "rows") if getattr(split, name)]
    ways += ["by"] if split.by and not split.hashed else []
    if len(ways) > 1 or "by" in ways:
        yield Problem(place, f"{ways[-1]} and another way of splitting exclude each other")
    if sum(split.fractions) > 1 + _LITTLE:
        yield Problem((*place, "fractions"), f"fractions = {split.fractions}: more than all rows")
    if data.window is not None:
        if split.hashed or split.column is not None:
            message = "windows need rows in the order of time: set split.rows, or split.in_order"
            yield Problem(("data", "window"), message, (place,))
        if data.inputs.categorical or data.inputs.text:
            message = "windows are of numeric columns: leave out categorical and text"
            yield Problem(("data", "window"), message, (("data", "inputs"),))


def _task_problems(condition: Condition, data: TableData) -> Iterator[Problem]:
    fed = input_columns(data.inputs.model_dump())
    read: dict[str, Task] = {}
    for name, task in condition.tasks.items():
        if data.window is None and task.domain in fed:
            message = f"task {shown(name)} predicts column {shown(task.domain)}, which is an input"
            yield Problem(("tasks", name), message, (("data", "inputs"),))
        other = read.setdefault(task.domain, task)
        if (other.kind, other.classes) != (task.kind, task.classes):
            message = (
                f"column {shown(task.domain)} is of kind {shown(task.kind)} to task {shown(name)} "
                f"and of kind {shown(other.kind)} to task {shown(other.name)}"
            )
            yield Problem(("tasks", name), message, (("tasks", other.name),))
