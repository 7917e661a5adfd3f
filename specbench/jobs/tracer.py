"""The observer of a trace job, in whichever job it looks on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from specbench.jobs.context import Context
from specbench.training.traces.probe import Probe

if TYPE_CHECKING:
    from specbench.training.traces.tracer import Tracer


def make_tracer(context: Context, network: Mapping[str, Any]) -> Tracer:
    """Return the observer of a trace job for the training of a network's ``content``."""
    from specbench.training.traces.tracer import Tracer

    probe = Probe.from_content(context.content["probe"])
    return Tracer(network, probe, context.folders(), context.work(), context.device)
