"""Tasks of the user's: instances of ``OwnTask`` in ``TASKS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specbench.origin import Origin, Own
from specbench.tasks.catalogue import CATALOGUE, HIGHER_IS_BETTER
from specbench.tasks.own import OwnTask
from specbench.tasks.registry import OWN
from specbench.tasks.resolve import resolve_task
from specbench.usercode.kind import Kind, wrong_fields

_FIELDS = {"name": str, "version": int, "settings": Mapping, "own_metrics": Mapping}


class UserTasks(Kind):
    """Named by ``[tasks.NAME]``."""

    variable = "TASKS"
    word = "task"
    taken = frozenset(CATALOGUE)

    def complaint(self, thing: Any) -> str:
        """Return what a task lacks; its settings are tried as those of a study are."""
        if not isinstance(thing, OwnTask):
            return f"TASKS holds {thing!r}, which is no instance of specbench.tasks.own.OwnTask"
        return wrong_fields(thing, _FIELDS) or _settings(thing) or _metrics(thing)

    def install(self, things: Mapping[str, Any], sha: str) -> None:
        """Make these the user's tasks."""
        OWN.clear()
        OWN.update({n: Own(task, Origin(task.version, sha)) for n, task in things.items()})


def _settings(task: OwnTask) -> str:
    if "loss" in task.settings:
        return f"{type(task).__name__}.settings has a loss: the task's method `loss` is its loss"
    if task.name in CATALOGUE:
        return ""  # refused for its name
    try:
        resolve_task(task.name, task.settings)
    except (ValueError, TypeError) as error:
        return f"{type(task).__name__}.settings: {error}"
    return ""


def _metrics(task: OwnTask) -> str:
    for metric, higher in task.own_metrics.items():
        where = f"{type(task).__name__}.own_metrics"
        if not (isinstance(metric, str) and metric and isinstance(higher, bool)):
            return f"{where} = {dict(task.own_metrics)!r}: name: whether higher is better, expected"
        if metric == "loss" or metric in HIGHER_IS_BETTER:
            return f"{where} has '{metric}', which comes with specbench"
    return ""
