"""The jobs of a study of published figures: one a file, keyed by its bytes and how it is read."""

from __future__ import annotations

from typing import Any

from specbench.plan.jobs import Job, Kind
from specbench.spec.data import PublishedData
from specbench.spec.figures import FigureFile, figure_files
from specbench.spec.study import Condition, Study

FIGURES_VERSION = 1
"""Raise it when unchanged files would be read otherwise."""


def figure_jobs(study: Study, condition: Condition) -> list[Job]:
    """Return a job for every file of a condition. Raises SpecError, see ``figure_files``."""
    return [_job(study, condition, file) for file in figure_files(study, condition)]


def _job(study: Study, condition: Condition, file: FigureFile) -> Job:
    content = {
        "kind": "figures",
        "version": FIGURES_VERSION,
        "of": file.of,
        "file": file.digest,
        # Parquet and CSV are told apart by the name.
        "form": "parquet" if file.path.suffix.lower() in (".parquet", ".pq") else "csv",
        "tasks": sorted(condition.tasks),
        **_reading(study, condition, file.of),
    }
    title = f"read {file.of} from {file.path.name}"
    return Job(Kind.FIGURES, content, title, where={"file": str(file.path)})


def _reading(study: Study, condition: Condition, of: str) -> dict[str, Any]:
    """Return the settings that what is read depends on."""
    data = condition.settings.data
    assert isinstance(data, PublishedData)
    if of == "gains":
        return {"definition": study.spec.gain.model_dump(mode="json")}
    if of == "scores":
        factors = {name.lower(): factor for name, factor in data.scale.items()}
        return {"scale": dict(sorted(factors.items()))}
    return {}
