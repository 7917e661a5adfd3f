"""What a study of published figures may not say: whatever only training would read."""

from __future__ import annotations

from collections.abc import Sequence

from specbench.scores.contract import Needs
from specbench.scores.registry import SCORES
from specbench.spec.data import PublishedData
from specbench.spec.models import GainSection, Settings, StudySpec
from specbench.spec.problems import Problem, shown
from specbench.spec.study import Condition
from specbench.tasks.catalogue import CATALOGUE, Task

_FILES = ("losses", "gains", "scores", "transfers")
_TRAINING_ONLY = ("networks", "training", "transfer")
_FREE = (Needs.NOTHING, Needs.GAINS)
"""What a score may need where nothing is trained."""


def is_published(settings: Settings) -> bool:
    """Tell whether the figures of these settings are read instead of measured."""
    return isinstance(settings.data, PublishedData)


def named_task(name: str) -> Task:
    """Return a task of which nothing but the name matters: any name will do."""
    known = CATALOGUE.get(name)
    return known or Task(name, domain=name, kind="regression", loss="l1", metrics=())


def settings_problems(settings: Settings) -> list[Problem]:
    """Return what is impossible about the settings of one condition over published figures."""
    data = settings.data
    assert isinstance(data, PublishedData)
    problems = [
        Problem(
            (section,),
            f"[{section}] says how networks are trained, and figures of kind 'published' are "
            "read: leave it out",
            (("data", "kind"),),
        )
        for section in _TRAINING_ONLY
        if section in settings.model_fields_set
    ]
    if not any(getattr(data, name) for name in _FILES):
        known = ", ".join(f"data.{name}" for name in _FILES)
        problems.append(Problem(("data",), f"no file is named: give at least one of {known}"))
    if data.scale and not data.scores:
        message = "data.scale names factors of scores, and there is no data.scores"
        problems.append(Problem(("data", "scale"), message))
    for name, section in settings.task_sections().items():
        for field in sorted(section.model_fields_set):
            message = f"tasks.{name}.{field}: a task of published figures has a name and no more"
            problems.append(Problem(("tasks", name, field), message, (("data", "kind"),)))
    return problems


def study_problems(spec: StudySpec, conditions: Sequence[Condition]) -> list[Problem]:
    """Return what is impossible about published figures across conditions and sections."""
    problems = []
    base = is_published(spec)
    for condition in conditions:
        if is_published(condition.settings) is not base:
            message = (
                f"condition '{condition.name}' mixes published figures with trained networks: "
                "make it a study of its own"
            )
            problems.append(Problem(("data", "kind"), message))
    for place, gain in _gains(spec):
        if gain.baseline == "unstated" and not base:
            message = "baseline 'unstated' is for published losses; a trained network's is known"
            problems.append(Problem((*place, "baseline"), message))
    if base and "seeds" in spec.study.model_fields_set:
        message = "seeds stand in the files, in a column 'seed' (none means seed 0): leave it out"
        problems.append(Problem(("study", "seeds"), message, (("data", "kind"),)))
    if base:
        problems += _score_problems(spec)
    return problems


def _gains(spec: StudySpec) -> list[tuple[tuple[str | int, ...], GainSection]]:
    places: list[tuple[str | int, ...]] = [("gain",)]
    places += [("report", "also", index) for index in range(len(spec.report.also))]
    return list(zip(places, [spec.gain, *spec.report.also], strict=True))


def _score_problems(spec: StudySpec) -> list[Problem]:
    return [
        Problem(
            ("scores", name),
            f"score {shown(name)} reads {SCORES[name].needs.value}, and published figures hold no "
            "networks: give its values in data.scores",
            (("data", "kind"),),
        )
        for name in spec.scores
        if name in SCORES and SCORES[name].needs not in _FREE
    ]
