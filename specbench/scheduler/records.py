"""What a study's folder keeps: the spec as passed and as resolved, the plan, the machine."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from specbench import __version__
from specbench.errors import ResultError
from specbench.plan.grid import Cell, Finetuned, Plan
from specbench.results import Results, write_whole
from specbench.scheduler.state import differences

STUDY = "study.json"
PLAN = "plan.json"
PREPARING = "preparing.json"
"""Keys of the jobs of a plan that is not final; goes when the plan is."""
_PACKAGES = ("torch", "numpy", "scipy", "scikit-image", "duckdb", "pydantic")


def write_study(plan: Plan, results: Results) -> None:
    """Record the study and its plan; unchanged files are left as they are."""
    folder = results.study(plan.study.name)
    folder.mkdir(parents=True, exist_ok=True)
    _write_if_new(folder / STUDY, json.dumps(_study(plan, folder), indent=1, ensure_ascii=False))
    # Not indented, which json does in Python: a second for 10,000 jobs.
    _write_if_new(folder / PLAN, json.dumps(_plan(plan), ensure_ascii=False))
    (folder / PREPARING).unlink(missing_ok=True)


def write_preparing(plan: Plan, results: Results) -> None:
    """Record which jobs a plan needs before the rest of it is known."""
    text = json.dumps({"jobs": sorted(plan.jobs)}, indent=1)
    _write_if_new(results.study(plan.study.name) / PREPARING, text)


def needed_keys(results: Results, study: str) -> set[str]:
    """Return the keys of all jobs that a recorded study has.

    Raises :class:`ResultError` where its record is damaged or lacks its plan, so that nobody knows.
    """
    folder = results.study(study)
    found: set[str] = set()
    kept = [folder / name for name in (PLAN, PREPARING) if (folder / name).exists()]
    try:
        for path in kept:
            jobs = json.loads(path.read_bytes())["jobs"]
            found |= {job["key"] if isinstance(job, dict) else job for job in jobs}
    except (OSError, ValueError, KeyError, TypeError):
        kept = []
    if not kept:
        raise ResultError(
            f"{folder}: no record of the study's plan that can be read",
            "run the study again, or move this folder away if you no longer need it",
        )
    return found


def read_plan(results: Results, study: str) -> dict[str, Any]:
    """Return the recorded plan of a study, empty where there is none or it is not readable."""
    return _read(results.study(study) / PLAN)


def read_study(results: Results, study: str) -> dict[str, Any]:
    """Return the record of a study, empty where there is none or it is not readable."""
    return _read(results.study(study) / STUDY)


def recorded(results: Results) -> list[str]:
    """Return the names of all studies that have a folder of records."""
    folder = results.root / "studies"
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


def changes_since(plan: Plan, results: Results) -> dict[str, str]:
    """Tell, for jobs whose cell was filled by another key before, what has changed in them."""
    before = read_plan(results, plan.study.name).get("cells", {})
    if not before:
        return {}
    old_keys = {_place(kind, cell): cell["key"] for kind in before for cell in before[kind]}
    found = {}
    for kind, cells in _cells(plan).items():
        for cell in cells:
            old = old_keys.get(_place(kind, cell))
            if old is not None and old != cell["key"] and results.is_done(old):
                with suppress(ResultError):
                    content = results.read(old)["content"]
                    changed = differences(content, plan.jobs[cell["key"]].content)
                    found[cell["key"]] = "; ".join(changed[:3])
    return found


def _study(plan: Plan, folder: Path) -> dict[str, Any]:
    study = plan.study
    created = _read(folder / STUDY).get("created", time.time())
    return {
        "study": study.name,
        "passed": study.passed,
        "resolved": study.resolved(),
        "gains": [gain.model_dump(mode="json") for gain in study.gains],
        "versions": _versions(),
        "hardware": _hardware(),
        "created": created,
    }


def _plan(plan: Plan) -> dict[str, Any]:
    serves = plan.conditions_of()
    jobs = [
        {
            "key": job.key,
            "kind": job.kind.value,
            "title": job.title,
            "needs": list(job.needs),
            "conditions": sorted(serves[job.key]),
        }
        for job in plan.jobs.values()
    ]
    return {"jobs": jobs, "cells": _cells(plan)}


def _cells(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, Sequence[Cell | Finetuned]] = {
        "networks": plan.networks,
        "constants": plan.constants,
        "scores": plan.scores,
        "data": plan.data,
        "figures": plan.figures,
        "transfers": plan.transfers,
    }
    # not asdict, which copies each value: half a second for 10,000 cells
    return {kind: [vars(cell) for cell in cells] for kind, cells in kinds.items()}


def _place(kind: str, cell: dict[str, Any]) -> tuple[Any, ...]:
    return (kind, *(value for name, value in sorted(cell.items()) if name != "key"))


def _versions() -> dict[str, str]:
    found = {"specbench": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _hardware() -> dict[str, Any]:
    processor = ""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            names = (line for line in file if line.startswith("model name"))
            processor = next(names, "").partition(":")[2].strip()
    except OSError:
        processor = platform.processor()
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.system()}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_if_new(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text)
