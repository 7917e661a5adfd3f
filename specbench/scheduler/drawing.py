"""A surveyed plan as a person would draw it, and as a program reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from specbench.names import split
from specbench.nets.cost import encoder_reached, network_macs
from specbench.plan.grid import Cell
from specbench.plan.jobs import Job, Kind
from specbench.scheduler.sets import si, transfer_rows
from specbench.scheduler.state import State
from specbench.scheduler.survey import Survey
from specbench.spec.table_models import TableData
from specbench.spec.text_models import TextData
from specbench.tasks.catalogue import Task
from specbench.tasks.inject import input_channels

Row = tuple[str, ...]
_TO_RUN = (State.WAITING, State.RUNNING)
_LARGE_PLAN = 40


def draw(survey: Survey) -> str:
    """Return the plan: conditions, networks and their cost, jobs by kind, what would run."""
    study = survey.plan.study
    lines = [
        f"{study.name}: {len(study.base.tasks)} tasks × {len(study.scores)} scores × "
        f"{_plural(len(study.conditions), 'condition')} × {_plural(len(study.seeds), 'seed')}",
        f"tasks: {', '.join(study.base.tasks)}",
        f"scores: {', '.join(study.scores) or 'none'}",
    ]
    if survey.plan.provisional:
        lines.append(
            "the data is not packed yet: the grid is right, what is done is known after packing"
        )
    jobs = survey.plan.jobs.values()
    macs = {job.key: macs_of(job) for job in jobs if job.kind is Kind.NETWORK}
    conditions = [condition.name for condition in study.conditions]
    for name in conditions[:_LARGE_PLAN]:
        lines += ["", f"condition {name}"]
        if len(rows := _networks(survey, name, macs)) > 1:
            lines += _indented(rows)
        if rows := transfer_rows(survey, name):
            lines += ["", *_indented(rows)]
        if later := survey.plan.undecided.get(name):
            lines.append(f"  known when their score is computed: {', '.join(later)}")
    if len(conditions) > _LARGE_PLAN:
        lines += ["", f"… and {len(conditions) - _LARGE_PLAN} more conditions"]
    lines += ["", "jobs", *_indented(_kinds(survey)), "", _sum(survey, macs)]
    return "\n".join(lines)


def _sample(survey: Survey, condition: str) -> str:
    """Return what a condition's networks are fed one of."""
    found = next(one for one in survey.plan.study.conditions if one.name == condition)
    data = found.settings.data
    if isinstance(data, TextData):
        return "text"
    return data.sample if isinstance(data, TableData) else "image"


def _networks(survey: Survey, condition: str, macs: Mapping[str, int]) -> list[Row]:
    shapes: dict[tuple[int, float, bool], list[Cell]] = defaultdict(list)
    for cell in survey.plan.networks:
        if cell.condition == condition:
            shape = (len(split(cell.network)), cell.capacity, bool(cell.injected))
            shapes[shape].append(cell)
    header = (
        "networks",
        "count",
        f"multiply-adds/{_sample(survey, condition)}",
        "training multiply-adds",
        "done",
        "to run",
    )
    rows: list[Row] = [header]
    for (size, capacity, injected), cells in sorted(shapes.items()):
        jobs = [survey.plan.jobs[cell.key] for cell in cells]
        keys = [job.key for job in jobs]
        least, most = min(macs[key] for key in keys), max(macs[key] for key in keys)
        span = si(least) if least == most else f"{si(least)} – {si(most)}"
        label = ", a partner's label" if injected else ""
        rows.append(
            (
                f"{_plural(size, 'task')} at capacity {capacity:g}{_reached(jobs[0])}{label}",
                str(len(cells)),
                span,
                _training(jobs, macs),
                str(survey.count(keys, State.DONE)),
                str(survey.count(keys, *_TO_RUN)),
            )
        )
    return rows


def _reached(job: Job) -> str:
    """Return a note where whole channels do not reach the capacity to a tenth of a percent."""
    wanted = job.content["network"]["capacity"]
    reached = encoder_reached(job.content["network"]).capacity
    return "" if abs(reached - wanted) < 0.001 * wanted else f" (reached {reached:.3f})"


def macs_of(job: Job) -> int:
    """Return the multiply-adds for one image of the network that a job trains."""
    tasks = [Task.from_content(task) for task in job.content["tasks"].values()]
    return network_macs(job.content["network"], tasks, input_channels(job.content))


def _training(jobs: list[Job], macs: Mapping[str, int]) -> str:
    unknown = any(job.work <= macs[job.key] for job in jobs)
    return "known after packing" if unknown else si(sum(job.work for job in jobs))


def _kinds(survey: Survey) -> list[Row]:
    rows: list[Row] = [("kind", "jobs", "done", "to run", "failed", "blocked")]
    for kind in Kind:
        keys = [key for key, job in survey.plan.jobs.items() if job.kind is kind]
        if keys:
            states = ((State.DONE,), _TO_RUN, (State.FAILED,), (State.BLOCKED,))
            rows.append(
                (kind.words, str(len(keys)), *(str(survey.count(keys, *s)) for s in states))
            )
    return rows


def _sum(survey: Survey, macs: Mapping[str, int]) -> str:
    keys = list(survey.plan.jobs)
    todo = [survey.plan.jobs[key] for key in keys if survey.standing[key].state in _TO_RUN]
    if not todo:
        done = survey.count(keys, State.DONE)
        return f"nothing to run: {done} of {_plural(len(keys), 'job')} done"
    networks = [job for job in todo if job.kind is Kind.NETWORK]
    work = _training(networks, macs)
    return f"to run: {_plural(len(todo), 'job')}; multiply-adds of training: {work}"


def reasons(survey: Survey) -> str:
    """Return one line for every job that is not done: its title and why it runs or does not."""
    lines = ["", "why"]
    for key, standing in survey.standing.items():
        if standing.state is not State.DONE:
            job = survey.plan.jobs[key]
            lines.append(f"  {key}  {job.kind.words}: {job.title}: {standing.reason}")
    return "\n".join(lines if len(lines) > 2 else [*lines, "  every job is done"])


def to_json(survey: Survey) -> dict[str, Any]:
    """Return the plan as plain values: jobs with state and reason, and the cells of the grid."""
    plan = survey.plan
    serves = plan.conditions_of()
    jobs = [
        {
            "key": job.key,
            "kind": job.kind.value,
            "title": job.title,
            "state": survey.standing[job.key].state.value,
            "why": survey.standing[job.key].reason,
            "needs": list(job.needs),
            "conditions": sorted(serves[job.key]),
            "multiply_adds": job.work,
        }
        for job in plan.jobs.values()
    ]
    return {
        "study": plan.study.name,
        "provisional": plan.provisional,
        "conditions": [condition.name for condition in plan.study.conditions],
        "jobs": jobs,
        "networks": [vars(cell) for cell in plan.networks],
        "transfers": [vars(cell) for cell in plan.transfers],
        "undecided": plan.undecided,
        "scores": [vars(cell) for cell in plan.scores],
    }


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _indented(rows: list[Row]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
