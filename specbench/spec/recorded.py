"""A study from its own record: what the analysis reads of it, without its file, data or code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specbench.spec.groups import expand_groups
from specbench.spec.models import Settings, StudySpec
from specbench.spec.published import is_published
from specbench.spec.study import Condition, Study

_SETTINGS = ("data", "networks", "training", "transfer")


def study_of(name: str, passed: str, resolved: str) -> Study:
    """Return the study that was recorded as ``resolved``, see :meth:`Study.resolved`.

    Its tasks are known by name only and its scores by name and settings, so it serves to analyse
    results, not to plan jobs. Raises ValueError or KeyError where another version of the program
    wrote the record and this one cannot read it.
    """
    plain = json.loads(resolved)
    conditions = [_condition(name, found) for name, found in plain["conditions"].items()]
    spec = {**plain, "tasks": list(plain["tasks"]), "conditions": {}}
    return Study(
        name=name,
        path=Path(f"{name}.toml"),
        passed=passed,
        spec=StudySpec.model_validate(spec),
        conditions=tuple(conditions),
        scores=plain["scores"],
    )


def _condition(name: str, recorded: dict[str, Any]) -> Condition:
    plain = {section: recorded[section] for section in _SETTINGS if section in recorded}
    settings = Settings.model_validate({**plain, "tasks": list(recorded["tasks"])})
    if is_published(settings):
        return Condition(name, settings, recorded["tasks"], ())
    groups, _ = expand_groups(settings.networks.groups, sorted(recorded["tasks"]))
    return Condition(name, settings, recorded["tasks"], groups)
