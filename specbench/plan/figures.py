"""The jobs of a study of published figures: one a file, keyed by its bytes and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from specbench.data.figures.networks import read_gains, read_losses
from specbench.data.figures.scores import read_scores, unused_factors
from specbench.data.figures.table import read_bytes
from specbench.errors import DataError, SpecError
from specbench.plan.jobs import Job, Kind
from specbench.spec.choose import unknown_methods
from specbench.spec.models import PublishedData
from specbench.spec.problems import Problem, refuse, shown
from specbench.spec.study import Condition, Study

FIGURES_VERSION = 1
"""Raise it when unchanged files would be read otherwise."""
FILES = ("losses", "gains", "scores")


def figure_jobs(study: Study, condition: Condition) -> list[Job]:
    """Return a job for every file of a condition.

    Each file is read whole and checked, so that what is wrong with it is said before anything
    runs. Raises SpecError: ``file:line: what is wrong`` for a row, the study's own line for a file
    that is not there.
    """
    data = condition.settings.data
    assert isinstance(data, PublishedData)
    jobs = []
    for of in FILES:
        path = getattr(data, of)
        if path is not None:
            jobs.append(_job(study, condition, of, Path(path)))
    return jobs


def _job(study: Study, condition: Condition, of: str, path: Path) -> Job:
    if not path.is_file():
        message = f"data.{of} = {shown(str(path))}: no such file"
        refuse([Problem(("data", of), message)], study.places)
    try:
        content, digest = read_bytes(path)
        settings = _checked(study, condition, of, path, content)
    except DataError as error:
        raise SpecError(str(error)) from error
    return Job(
        Kind.FIGURES,
        {
            "kind": "figures",
            "version": FIGURES_VERSION,
            "of": of,
            "file": digest,
            "tasks": sorted(condition.tasks),
            **settings,
        },
        f"read {of} from {path.name}",
        where={"file": str(path)},
    )


def _checked(
    study: Study, condition: Condition, of: str, path: Path, content: bytes
) -> dict[str, Any]:
    """Check every row; return what else the reading of the file depends on."""
    tasks, data = sorted(condition.tasks), condition.settings.data
    assert isinstance(data, PublishedData)
    if of == "losses":
        read_losses(path, content, tasks)
        return {}
    if of == "gains":
        read_gains(path, content, tasks)
        return {"definition": study.spec.gain.model_dump(mode="json")}
    scores = read_scores(path, content, tasks, data.scale)
    _check_scores(study, data, list(scores.labels), unused_factors(scores, data.scale))
    used = {name.lower(): factor for name, factor in data.scale.items()}
    return {"scale": dict(sorted(used.items()))}


def _check_scores(
    study: Study, data: PublishedData, names: Sequence[str], unused: Sequence[str]
) -> None:
    known = ", ".join(names)
    problems = [
        Problem(("data", "scale", name), f"data.scale.{name}: no such score in the file ({known})")
        for name in unused
    ]
    problems += [
        Problem(("scores", name), f"score '{name}' stands in data.scores already: compute it or "
                "read it")
        for name in study.spec.scores
        if name in names
    ]  # fmt: skip
    problems += unknown_methods(study.spec, [*study.spec.scores, *names])
    refuse(problems, study.places)
