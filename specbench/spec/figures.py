"""The files of a study of published figures, read whole and checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from specbench.data.figures.networks import read_gains, read_losses
from specbench.data.figures.scores import read_scores, unused_factors
from specbench.data.figures.table import read_bytes
from specbench.data.figures.transfers import read_transfers
from specbench.errors import DataError, SpecError
from specbench.spec.choose import unknown_methods
from specbench.spec.data import PublishedData
from specbench.spec.problems import Problem, refuse, shown
from specbench.spec.study import Condition, Study

FILES = ("losses", "gains", "scores", "transfers")


@dataclass(frozen=True)
class FigureFile:
    """One file of figures: what is in it, where it lies, the SHA-256 of its bytes."""

    of: str
    path: Path
    digest: str


def figure_files(study: Study, condition: Condition) -> list[FigureFile]:
    """Return the files of a condition, every row of them checked.

    Raises SpecError: ``file:line: what is wrong`` for a row, the study's own line for a file that
    is not there or a name that the files do not hold.
    """
    data = condition.settings.data
    assert isinstance(data, PublishedData)
    found = []
    for of in FILES:
        name = getattr(data, of)
        if name is not None:
            found.append(_checked(study, condition, of, Path(name)))
    return found


def check_figures(study: Study) -> None:
    """Check all files of a study; see ``figure_files``. Nothing where networks are trained."""
    for condition in study.conditions:
        if isinstance(condition.settings.data, PublishedData):
            figure_files(study, condition)


def _checked(study: Study, condition: Condition, of: str, path: Path) -> FigureFile:
    if not path.is_file():
        message = f"data.{of} = {shown(str(path))}: no such file"
        refuse([Problem(("data", of), message)], study.places)
    try:
        content, digest = read_bytes(path)
        _check_rows(study, condition, of, path, content)
    except DataError as error:
        raise SpecError(str(error)) from error
    return FigureFile(of, path, digest)


def _check_rows(study: Study, condition: Condition, of: str, path: Path, content: bytes) -> None:
    tasks, data = sorted(condition.tasks), condition.settings.data
    assert isinstance(data, PublishedData)
    if of == "losses":
        read_losses(path, content, tasks)
    elif of == "gains":
        read_gains(path, content, tasks)
    elif of == "transfers":
        read_transfers(path, content, tasks)
    else:
        scores = read_scores(path, content, tasks, data.scale)
        _check_scores(study, list(scores.labels), unused_factors(scores, data.scale))


def _check_scores(study: Study, names: Sequence[str], unused: Sequence[str]) -> None:
    known = ", ".join(names)
    problems = [
        Problem(("data", "scale", name), f"data.scale.{name}: no such score in the file ({known})")
        for name in unused
    ]
    for name in study.spec.scores:
        if name in names:
            message = f"score '{name}' stands in data.scores already: compute it or read it"
            problems.append(Problem(("scores", name), message))
    problems += unknown_methods(study.spec, [*study.spec.scores, *names])
    refuse(problems, study.places)
