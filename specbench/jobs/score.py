"""Computes one score for all pairs of one condition and seed."""

from __future__ import annotations

import math
import time
from typing import Any

from specbench.errors import ScoreError
from specbench.jobs.context import Context
from specbench.jobs.network import WEIGHTS
from specbench.jobs.trace import TRACE
from specbench.scores.contract import (
    Score,
    Scored,
    ScoreInputs,
    State,
    Trace,
    Trained,
    ordered_pairs,
)
from specbench.scores.registry import SCORES
from specbench.tasks.catalogue import Task
from specbench.training.traces.probe import Probe


def run(context: Context) -> dict[str, Any]:
    """Return a row for every ordered pair: value or reason, and its share of the cost.

    The multiply-adds and seconds of all rows add up to what the score costs alone, the training
    of its networks included.
    """
    content, where = context.content, context.ticket.where
    score = SCORES[content["score"]]
    tasks = {name: Task.from_content(task) for name, task in content["tasks"].items()}
    networks, trained_seconds = {}, 0.0
    for name, key in where["networks"].items():
        record = context.results.read(key)
        weights = context.needed(key) / WEIGHTS
        networks[name] = Trained(record["content"], record["result"], weights)
        trained_seconds += record["run"]["seconds"]
    traces = {}
    for name, key in where.get("traces", {}).items():
        result = context.results.read(key)["result"]
        traces[name] = Trace(result, context.needed(key) / TRACE)
        trained_seconds += _seconds_of(
            result, score.probe(score.settings(content["settings"])), "groups" in content
        )
    inputs = ScoreInputs(
        tasks=tasks,
        networks=networks,
        data=context.folders(),
        input=content.get("data", {}).get("input", ""),
        settings=score.settings(content["settings"]),
        device=context.device,
        report=context.report,
        traces=traces,
        groups=[tuple(members) for members in content.get("groups", ())],
    )
    scored, seconds = _timed(score, inputs)
    seconds += trained_seconds
    pairs = ordered_pairs(tasks)
    rows = []
    for target, partner in pairs:
        found = scored.pairs[target, partner]
        if found.state is State.DEFINED and (found.value is None or not math.isfinite(found.value)):
            raise ScoreError(f"{score.name} of {target} with {partner} is {found.value}")
        rows.append(
            {
                "target": target,
                "partner": partner,
                "value": found.value,
                "state": found.state.value,
                "reason": found.reason,
                "macs": scored.macs / len(pairs),
                "seconds": seconds / len(pairs),
            }
        )
    groups = [
        {"target": target, "network": network, "value": value}
        for (target, network), value in scored.groups.items()
    ]
    return {"rows": rows, "images": scored.images, "groups": groups}


def _timed(score: Score, inputs: ScoreInputs) -> tuple[Scored, float]:
    """Compute a score; return the seconds it would take alone, passes that others made included."""
    from specbench.scores.passes import PASSES

    borrowed, started = PASSES.borrowed, time.perf_counter()
    scored = score.compute(inputs)
    return scored, time.perf_counter() - started + PASSES.borrowed - borrowed


def _seconds_of(trace: dict[str, Any], probe: Probe | None, along_sets: bool) -> float:
    """Return the seconds of a trace that a score answers for: look-aheads only if it reads them.

    Of look-aheads along sets that only another score reads it pays the part that its own are of
    the multiply-adds.
    """
    seconds: dict[str, float] = trace["seconds"]
    look_aheads = seconds["look_aheads"] if probe is not None and probe.look_aheads else 0.0
    if look_aheads and not along_sets and "single_look_aheads" in trace["macs"]:
        look_aheads *= trace["macs"]["single_look_aheads"] / trace["macs"]["look_aheads"]
    return seconds["gradients"] + look_aheads
