"""A study as the rest of the program sees it: validated, resolved, frozen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specbench.spec.data import PublishedData
from specbench.spec.models import ConditionsSection, GainSection, Settings, StudySpec
from specbench.spec.problems import Places
from specbench.tasks.catalogue import Task

BASE = "base"
"""Name of the condition that is the spec itself."""


@dataclass(frozen=True)
class Condition:
    """One point on the study's axes."""

    name: str
    settings: Settings
    tasks: Mapping[str, Task]
    """Resolved tasks in alphabetical order."""
    groups: tuple[tuple[str, ...], ...]
    """Groups of tasks to train, each in alphabetical order, without repetition."""

    def equals(self, other: Condition) -> bool:
        """Tell whether another condition, whatever its name, stands for the same networks."""
        mine, theirs = self.settings, other.settings
        return (
            (self.tasks, set(self.groups)) == (other.tasks, set(other.groups))
            and (mine.data, mine.training) == (theirs.data, theirs.training)
            and mine.transfer == theirs.transfer
            and mine.networks.model_copy(update={"groups": []})
            == theirs.networks.model_copy(update={"groups": []})
        )


@dataclass(frozen=True)
class Study:
    """One spec file, read, overridden, checked."""

    name: str
    path: Path
    passed: str
    """The file as read, followed by the overrides as comments."""
    spec: StudySpec
    conditions: tuple[Condition, ...]
    scores: Mapping[str, Any]
    """Settings object of every score, by id."""
    places: Places = field(default=Places("", {(): 1}, {}), compare=False, repr=False)
    """Where in the file its settings stand, for errors found later."""

    @property
    def seeds(self) -> list[int]:
        """Seeds in the order of the spec."""
        return self.spec.study.seed_list()

    @property
    def base(self) -> Condition:
        """The condition that is the spec itself."""
        return self.conditions[0]

    @property
    def title(self) -> str:
        """Headline of the report."""
        return self.spec.study.title or self.name

    @property
    def gains(self) -> list[GainSection]:
        """The headline definition of the gain, then those of `report.also`."""
        return [self.spec.gain, *self.spec.report.also]

    def resolved(self) -> str:
        """Return the study with every default filled in, as JSON text; not where it runs."""
        plain = self.spec.model_dump(mode="json", exclude={"executor"})
        plain["study"] |= {"name": self.name, "title": self.title, "seeds": self.seeds}
        plain["conditions"] = {
            condition.name: condition.settings.model_dump(mode="json")
            | {"tasks": _resolved_tasks(condition)}
            for condition in self.conditions
        }
        plain["tasks"] = _resolved_tasks(self.base)
        plain["scores"] = {name: vars(settings) for name, settings in self.scores.items()}
        return json.dumps(plain, indent=1, ensure_ascii=False)


def _resolved_tasks(condition: Condition) -> dict[str, Any]:
    """Return what is known of every task: of a published one nothing but its name."""
    if isinstance(condition.settings.data, PublishedData):
        return {name: {} for name in condition.settings.task_sections()}
    return {name: task.content() for name, task in condition.tasks.items()}


def axes_of(section: ConditionsSection) -> dict[str, list[Any]]:
    """Return the axes in path order."""
    return {path: section.axes[path] for path in sorted(section.axes)}
