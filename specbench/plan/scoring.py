"""The jobs of a condition's scores under one seed, and the traces that they read.

Which trace a score reads decides nothing about its values, so it is no part of the score's content:
scores that look at the same place of a training share one trace, whichever of them the study has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from specbench.nets.cost import network_macs
from specbench.plan.jobs import Job, Kind, content_key
from specbench.plan.sources import DataPlan, domains_of
from specbench.scores.contract import Score
from specbench.scores.registry import OWN, SCORES
from specbench.spec.study import Condition
from specbench.tasks.catalogue import Task
from specbench.tasks.inject import input_channels
from specbench.training.traces.cost import gradient_macs, look_ahead_macs
from specbench.training.traces.probe import Probe, When, alike, joined

TRACE_VERSION = 1
"""Raise it when the trace of an unchanged training would differ."""
HEADS_VERSION = 1
"""The same for those of decoders that are computed together; stands in their content only."""


class ScoreJobs(NamedTuple):
    """Jobs of traces, and of scores by name."""

    traces: list[Job]
    scores: dict[str, Job]


def score_jobs(
    scores: Mapping[str, Any],
    condition: Condition,
    networks: Mapping[str, Job],
    data: DataPlan | None,
) -> ScoreJobs:
    """Return the jobs of ``scores`` (their settings by name) over the trained ``networks``.

    Without ``data`` the scores must need nothing.
    """
    read = {
        name: {network: networks[network] for network in SCORES[name].reads(condition.tasks)}
        for name in scores
    }
    traces: dict[str, list[Job]] = {}
    for network, probes in _probes(scores, read, condition).items():
        job = networks[network]
        assert data is not None
        traces[network] = [trace_job(job, probe, condition, data) for probe in joined(probes)]
    found = {}
    for name, settings in scores.items():
        seen = _seen(SCORES[name].probe(settings), traces, read[name])
        found[name] = _score_job(SCORES[name], settings, condition, read[name], seen, data)
    return ScoreJobs([job for jobs in traces.values() for job in jobs], found)


def _probes(
    scores: Mapping[str, Any], read: Mapping[str, Mapping[str, Job]], condition: Condition
) -> dict[str, list[Probe]]:
    found: dict[str, list[Probe]] = {}
    for name, settings in scores.items():
        probe = SCORES[name].probe(settings)
        sets = SCORES[name].sets(condition.groups)
        if probe is not None and sets:
            probe = probe.along(sets, list(condition.tasks))
        for network in read[name] if probe is not None else ():
            assert probe is not None
            found.setdefault(network, []).append(probe)
    return found


def _seen(
    probe: Probe | None, traces: Mapping[str, list[Job]], read: Iterable[str]
) -> dict[str, str]:
    """Return the keys of the traces in which a score finds what it probes, by network."""
    if probe is None:
        return {}
    return {
        network: next(
            job.key
            for job in traces[network]
            if Probe.from_content(job.content["probe"]).place() == probe.place()
        )
        for network in read
    }


def trace_job(network: Job, probe: Probe, condition: Condition, data: DataPlan) -> Job:
    """Return the job that traces the training of a network."""
    folders: dict[str, str] = network.where["folders"]
    tasks = [Task.from_content(task) for task in network.content["tasks"].values()]
    content = {
        "kind": "trace",
        "version": TRACE_VERSION,
        "network": network.key,
        "probe": probe.content(),
    }
    if alike(tasks):
        content["heads"] = HEADS_VERSION
    return Job(
        Kind.TRACE,
        content,
        f"trace of {network.title}",
        needs=(network.key, *folders.values()),
        where={"folders": folders},
        work=_work(network, probe, condition, data),
    )


def _work(network: Job, probe: Probe, condition: Condition, data: DataPlan) -> float:
    """Return the multiply-adds of a trace beside the training it looks at."""
    content, epochs = network.content, condition.settings.training.epochs
    tasks = [Task.from_content(task) for task in content["tasks"].values()]
    each = gradient_macs(content["network"], tasks)
    each += look_ahead_macs(content["network"], tasks, probe)
    if probe.when is When.STEPS:
        return float(each) * epochs * (data.images["train"] or 0) / probe.every
    return float(each) * epochs * min(data.images[probe.split] or 0, probe.images)


def _score_job(
    score: Score,
    settings: Any,
    condition: Condition,
    networks: Mapping[str, Job],
    traces: Mapping[str, str],
    data: DataPlan | None,
) -> Job:
    """Return the job that computes one score for all pairs of one condition and seed."""
    content: dict[str, Any] = {
        "kind": "score",
        "score": score.name,
        "version": score.version,
        "settings": vars(settings),
        "tasks": {task: condition.tasks[task].content() for task in sorted(condition.tasks)},
    }
    sets = score.sets(condition.groups)
    if sets:
        content["groups"] = sorted(sorted(members) for members in sets)
    keys = {name: job.key for name, job in networks.items()}
    where: dict[str, Any] = {"folders": {}, "networks": keys, "traces": dict(traces)}
    if score.name in OWN:
        content["code"] = OWN[score.name].origin.sha
    if score.needs.trained:
        content["networks"] = keys
    if score.needs.data and data is not None:
        domains = domains_of(condition.tasks.values(), data.input)
        content["data"] = {"identity": data.identity(domains), "input": data.input}
        where["folders"] = data.folders(domains)
    work = 0.0
    if score.passes and data is not None:
        images = min(data.images[settings.split] or 0, settings.images)
        work = float(score.passes * images * sum(_forward(job) for job in networks.values()))
        probe = {"split": settings.split, "images": settings.images}
        where["shares"] = content_key({"data": content["data"], "networks": keys, **probe})
    return Job(
        Kind.SCORE,
        content,
        f"score {score.name}{_seed_of(networks)}",
        needs=(*keys.values(), *traces.values(), *where["folders"].values()),
        where=where,
        work=work,
    )


def _forward(network: Job) -> int:
    """Return the multiply-adds of one image through a network."""
    tasks = [Task.from_content(task) for task in network.content["tasks"].values()]
    return network_macs(network.content["network"], tasks, input_channels(network.content))


def _seed_of(networks: Mapping[str, Job]) -> str:
    """Say whose networks a score reads; one that reads none is the same for every seed."""
    seeds = sorted({job.content["seed"] for job in networks.values()})
    return f", seed {', '.join(map(str, seeds))}" if seeds else ""
