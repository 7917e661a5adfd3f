"""Trains one network, or goes on with a training that was cut short.

Traces that come with the ticket look on. What they have seen waits in their own work folders for
their turn (``specbench.jobs.trace``), so nothing is half done whenever this process dies.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from specbench.jobs.context import Context
from specbench.jobs.samples import write_predictions
from specbench.jobs.tracer import make_tracer

if TYPE_CHECKING:
    from specbench.training.observe import Observer
    from specbench.training.traces.kept import KeepEpochs

WEIGHTS = "weights.pt"
"""The weights of the best validation epoch, in a network's result folder."""
METHOD = "method.npz"
"""What the training method did at every step, where it has anything to tell."""


def run(context: Context) -> dict[str, Any]:
    """Train, keep the best epoch's weights, draw a few predictions; return what was measured.

    A network that reads a label beside the image draws none.
    """
    from specbench.training.observe import Guarded
    from specbench.training.train import train
    from specbench.training.weights import load_network, save_weights

    content = context.content
    traces = [
        Guarded(partial(make_tracer, context.beside(ticket), content))
        for ticket in context.ticket.also
    ]
    keeping = _keeping(context)
    observers: list[Observer] = [*keeping, *traces]
    trained = train(
        content, context.folders(), context.work(), context.device, context.report, observers
    )
    context.charged.append(-sum(trace.seconds for trace in traces))
    weights = context.folder / WEIGHTS
    save_weights(weights, trained.best_state)
    if len(trained.log):
        trained.log.save(context.folder / METHOD)
    for keeper in keeping:
        keeper.hand_over(context.folder, int(content["training"]["epochs"]))
    samples = []
    if not content["injected"]:
        samples = write_predictions(context, load_network(content, weights))
    return {**trained.result, "samples": samples}


def _keeping(context: Context) -> list[KeepEpochs]:
    """Return the observer that keeps every epoch's weights of a pair's network.

    None where they would take more than the study allows.
    """
    content = context.content
    most = float(context.ticket.where.get("keep_epochs_mb", 0)) * 1e6
    if len(content["tasks"]) != 2 or not most:
        return []
    from specbench.training.traces.kept import KeepEpochs, size_of
    from specbench.training.weights import make_network

    fits = size_of(make_network(content), int(content["training"]["epochs"])) <= most
    return [KeepEpochs(context.work())] if fits else []
