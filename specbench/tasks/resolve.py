"""From a user's table of a task to the task: the catalogue's entry with what the user changed."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from typing import Any

from specbench.tasks.catalogue import (
    CATALOGUE,
    FURTHER_METRICS,
    LOSSES,
    METRICS,
    OWN_LOSS,
    Task,
)
from specbench.tasks.registry import OWN, definition

SETTINGS = tuple(
    field.name for field in dataclasses.fields(Task) if field.name not in ("name", "code")
)
"""What a task's table may set."""

_NO_TASK = {
    "segment_unsup2d": "its region numbers have no meaning across images",
    "segment_unsup25d": "its region numbers have no meaning across images",
}


def resolve_task(
    name: str, settings: Mapping[str, Any], catalogue: Mapping[str, Task] = CATALOGUE
) -> Task:
    """Return the task ``name`` with the user's ``settings`` over its catalogue entry.

    The entry is the one of that name, else the one of ``settings["domain"]``; a domain outside the
    catalogue needs a ``kind``, and ``channels`` or ``classes``. Settings of None count as not
    given. A task of the user's code has the settings of its definition, which take the place of an
    entry's. ``catalogue`` is empty where a domain's name says nothing about what it is. Raises
    ValueError with one sentence where the result cannot be trained.
    """
    own = OWN.get(name)
    given = {key: value for key, value in settings.items() if value is not None}
    if own is not None:
        if "loss" in given:
            raise ValueError(f"task '{name}' has a loss of its own: leave out loss")
        chosen = given.get("metrics")
        given = {**own.thing.settings, **given}
    for key in given:
        if key not in SETTINGS:
            raise ValueError(f"task '{name}' has no setting '{key}'{_nearest(key, SETTINGS)}")
    if "metrics" in given:
        given["metrics"] = tuple(given["metrics"])
    task = _merged(name, _entry(name, given, catalogue), given)
    if own is not None:
        metrics = task.metrics if chosen is not None else (*task.metrics, *own.thing.own_metrics)
        task = dataclasses.replace(task, loss=OWN_LOSS, metrics=metrics, code=own.origin)
    _refuse_impossible(task)
    return task


def _entry(name: str, given: Mapping[str, Any], catalogue: Mapping[str, Task]) -> Task | None:
    if not catalogue:
        return None
    entry = catalogue.get(name)
    domain = given.get("domain", entry.domain if entry else None)
    if domain is None:
        if name in _NO_TASK:
            raise ValueError(f"'{name}' cannot be a task: {_NO_TASK[name]}")
        raise ValueError(
            f"task '{name}' is not in the catalogue and names no domain{_nearest(name, catalogue)}"
        )
    if domain in _NO_TASK:
        raise ValueError(f"task '{name}' cannot read domain '{domain}': {_NO_TASK[domain]}")
    if entry is not None and entry.domain == domain:
        return entry
    return next((task for task in catalogue.values() if task.domain == domain), None)


def _merged(name: str, entry: Task | None, given: Mapping[str, Any]) -> Task:
    if entry is None:
        kind = given.get("kind")
        if kind is None:
            raise ValueError(
                f"task '{name}' reads domain '{given['domain']}', which the catalogue does not"
                f" know: give its kind ({', '.join(LOSSES)})"
            )
        return Task(**{"name": name, **_defaults(name, kind), **given})
    kind = given.get("kind", entry.kind)
    if kind != entry.kind:
        raise ValueError(
            f"domain '{entry.domain}' of task '{name}' is of kind '{entry.kind}', not '{kind}'"
        )
    return dataclasses.replace(entry, **{**given, "name": name})


def _defaults(name: str, kind: str) -> dict[str, Any]:
    if kind not in LOSSES:
        raise ValueError(f"task '{name}' has unknown kind '{kind}'{_nearest(kind, LOSSES)}")
    metrics = METRICS[kind][:1] if kind == "regression" else METRICS[kind]
    channels = {"channels": 2} if kind == "span" else {}
    return {"loss": LOSSES[kind][0], "metrics": metrics, **channels}


def _refuse_impossible(task: Task) -> None:
    who = f"task '{task.name}' of kind '{task.kind}'"
    if task.code is None and task.loss not in LOSSES[task.kind]:
        raise ValueError(f"{who} cannot have loss '{task.loss}': {' or '.join(LOSSES[task.kind])}")
    own = definition(task).own_metrics if task.code else ()
    known = (*METRICS[task.kind], *FURTHER_METRICS.get(task.kind, ()), *own)
    for metric in task.metrics:
        if metric not in known:
            raise ValueError(f"{who} cannot be measured by '{metric}', only by {', '.join(known)}")
    if LOSSES[task.kind] == ("cross_entropy",):
        # Labels per pixel are stored as one byte, of which 255 means invalid.
        most = 255 if task.kind == "classes" else 2**31
        if not 2 <= task.classes <= most:
            raise ValueError(f"{who} needs classes between 2 and {most}, not {task.classes}")
    elif task.classes:
        raise ValueError(f"{who} has no classes, but classes = {task.classes}")
    only = {"normal": 3, "binary": 1, "span": 2}.get(task.kind, task.channels)
    if task.channels < 1 or task.channels != only:
        raise ValueError(f"{who} cannot have {task.channels} channels")
    if task.kind == "binary" and (task.offset, task.scale) != (0, 1):
        raise ValueError(f"{who} has labels 0 and 1: leave out offset and scale")
    if not (math.isfinite(task.offset) and math.isfinite(task.scale) and task.scale > 0):
        raise ValueError(f"{who} needs a finite offset and a positive scale")
    if not (math.isfinite(task.weight) and task.weight > 0):
        raise ValueError(f"{who} needs a positive weight, not {task.weight}")


def _nearest(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.0)
    return f" (did you mean '{close[0]}'?)" if close else ""
