"""What texts ask of a study: their encoder, their tasks, and settings that fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specbench.data.text.rows import CONLLU
from specbench.nets.architecture import ENCODERS
from specbench.nets.cost import PRETRAINED
from specbench.nets.text.shape import find_model
from specbench.spec.fields import nearest
from specbench.spec.models import Settings
from specbench.spec.problems import Problem, shown
from specbench.spec.study import Condition
from specbench.spec.text_models import TextData, TextSet
from specbench.tasks.catalogue import Task
from specbench.tasks.resolve import resolve_task

KINDS = ("image_class", "binary", "value", "tags", "span")
_ONE_KIND = {"conllu": ("tags",), "squad": ("span",)}
_OTHERS = ("image_class", "binary", "value")


def with_defaults(settings: Settings) -> Settings:
    """Return the settings of a study of texts: its encoder, losses pooled over a batch's texts."""
    networks, training = settings.networks, settings.training
    changes: dict[str, Any] = {}
    if "encoder" not in networks.model_fields_set:
        changes["encoder"] = "transformer"
    elif networks.encoder == PRETRAINED and networks.model:
        try:
            model = find_model(networks.model, Path(getattr(settings.data, "root", ".")))
            changes |= {"features": model.features, "width": model.hidden}
        except ValueError:
            changes |= {"features": 1, "width": 1}
    told = training.model_fields_set
    trained: dict[str, Any] = {"flip": False} if training.flip is None else {}
    trained |= {} if "channels_last" in told else {"channels_last": False}
    trained |= {} if "reduction" in told else {"reduction": "pooled"}
    return settings.model_copy(
        update={
            "networks": networks.model_copy(update=changes),
            "training": training.model_copy(update=trained),
        }
    )


def parted(domain: str) -> tuple[str, str]:
    """Return the set and the column that a domain names."""
    name, _, column = domain.partition(".")
    return name, column


def task_of(name: str, given: Mapping[str, Any], data: TextData) -> Task:
    """Return a task on a column of a set, by default the usual one of the set of its name.

    ValueError, in one sentence, where it cannot be one.
    """
    domain = given.get("domain") or name
    set_name, column = parted(domain)
    if set_name not in data.sets:
        near = nearest(set_name, data.sets)
        raise ValueError(
            f"task {shown(name)} reads set {shown(set_name)}, which data.sets has not; the "
            f"nearest is '{near}'"
        )
    known = data.sets[set_name]
    column = column or {"lines": "label", "squad": "answer"}.get(known.format, "")
    if not column:
        raise ValueError(f"task {shown(name)}: give its column, as domain = '{set_name}.COLUMN'")
    if known.format == "conllu" and column not in CONLLU:
        near = nearest(column, CONLLU)
        raise ValueError(
            f"task {shown(name)}: CoNLL-U has no column {shown(column)}; the nearest is '{near}'"
        )
    fitting = _ONE_KIND.get(known.format, _OTHERS)
    kind = given.get("kind") or (fitting[0] if len(fitting) == 1 else None)
    if kind not in fitting:
        raise ValueError(
            f"task {shown(name)} reads a set of format '{known.format}': its kind is one of "
            f"{', '.join(fitting)}"
        )
    return resolve_task(name, {**given, "domain": f"{set_name}.{column}", "kind": kind}, {})


def settings_problems(condition: Condition, data: TextData) -> list[Problem]:
    """Return what does not fit together about texts."""
    problems = list(_set_problems(data))
    networks = condition.settings.networks
    if networks.encoder == PRETRAINED:
        place = ("networks", "model")
        if not networks.model:
            problems.append(Problem(place, "encoder 'hf' needs a model: a folder or a name"))
        else:
            try:
                find_model(networks.model, Path(data.root))
            except ValueError as error:
                problems.append(Problem(place, str(error)))
        if set(networks.single_capacities) - {1.0} and "singles" in networks.groups:
            message = "a pretrained encoder has capacity 1 only: set it to [1.0]"
            problems.append(Problem(("networks", "single_capacities"), message, (place,)))
    elif networks.features and networks.features % 32 and networks.encoder in ENCODERS:
        message = f"features = {networks.features}: a transformer needs a multiple of 32"
        problems.append(Problem(("networks", "features"), message))
    for index, name in enumerate(data.vocabulary_sets or ()):
        if name not in data.sets:
            message = f"unknown set {shown(name)}; the nearest is '{nearest(name, data.sets)}'"
            problems.append(Problem(("data", "vocabulary_sets", index), message))
    return problems


def _set_problems(data: TextData) -> Iterator[Problem]:
    for name, one in data.sets.items():
        place = ("data", "sets", name)
        if "." in name:
            yield Problem(
                place, f"a set may not be named {shown(name)}: a dot parts set and column"
            )
        if message := _files_problem(one):
            yield Problem(place, message)


def _files_problem(one: TextSet) -> str:
    tables = ("tsv", "csv", "jsonl")
    if one.format in tables and not one.text:
        return "text: name the column of the texts, or two of a pair"
    if one.format not in tables and one.text:
        return f"text goes with {', '.join(tables)}; format '{one.format}' knows where texts stand"
    if one.labels is not None and one.format != "lines":
        return "labels in files of their own go with format 'lines'"
    if one.labels is not None:
        given = [split for split in ("train", "val", "test") if getattr(one.files, split)]
        lacking = [split for split in given if not getattr(one.labels, split)]
        if lacking:
            return f"labels lacks the file of {lacking[0]}"
    return ""
