"""Trains one network, or goes on with a training that was cut short.

Traces that come with the ticket look on. What they have seen waits in their own work folders for
their turn (``specbench.jobs.trace``), so nothing is half done whenever this process dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from specbench.jobs.context import Context
from specbench.jobs.samples import write_predictions
from specbench.jobs.start import start_of
from specbench.jobs.tracer import make_tracer

if TYPE_CHECKING:
    from specbench.training.observe import Observer
    from specbench.training.traces.kept import KeepEpochs
    from specbench.training.train import Trained

Body = Callable[[Context], dict[str, Any]]
WEIGHTS = "weights.pt"
"""The weights of the best validation epoch, in a network's result folder."""
METHOD = "method.npz"
"""What the training method did at every step, where it has anything to tell."""


def run(context: Context) -> dict[str, Any]:
    """Train, keep the best epoch's weights, draw a few predictions; return what was measured."""
    (body,) = train_beside([context])
    return body(context)


def train_beside(contexts: Sequence[Context]) -> list[Body]:
    """Train networks that share seed, data and settings side by side; no result is written yet.

    Returns the body of each job, which does what ``run`` does with what was learnt, or raises what
    the training failed with.
    """
    from specbench.training.together import shared_stream, train_together
    from specbench.training.train import Training, open_splits

    started = time.perf_counter()
    for each in contexts:
        _place_model(each)
    parties = [_Party(context) for context in contexts]
    folders = {name: path for each in contexts for name, path in each.folders().items()}
    data = open_splits([each.content for each in contexts], folders, contexts[0].device)
    trainings = [
        Training(
            each.content,
            data,
            each.work(),
            each.device,
            each.report,
            party.observers,
            party.start.weights,
        )
        for each, party in zip(contexts, parties, strict=True)
    ]
    found = train_together(trainings, shared_stream(trainings, data["train"]))
    seconds = time.perf_counter() - started
    if len(contexts) > 1:
        work = sum(training.macs for training in trainings)
        for party, training in zip(parties, trainings, strict=True):
            party.seconds = seconds * training.macs / work
    return [partial(party.finish, each) for party, each in zip(parties, found, strict=True)]


class _Party:
    """One network with all that looks on at its training."""

    def __init__(self, context: Context) -> None:
        from specbench.training.observe import Guarded

        self._traces = [
            Guarded(partial(make_tracer, context.beside(ticket), context.content))
            for ticket in context.ticket.also
        ]
        self._keeping = _keeping(context)
        self.observers: list[Observer] = [*self._keeping, *self._traces]
        self.start = start_of(context)
        self.seconds = 0.0
        """The network's part of what training it beside others took; 0 where it is alone."""

    def finish(self, trained: Trained | Exception, context: Context) -> dict[str, Any]:
        """Write what is kept into the job's folder; return the result.

        A network that reads a label beside the image, or starts from another, draws no predictions.
        """
        from specbench.training.weights import load_network, save_weights

        if isinstance(trained, Exception):
            raise trained
        content = context.content
        context.charged.extend([self.seconds, -sum(trace.seconds for trace in self._traces)])
        weights = context.folder / WEIGHTS
        if "start" not in content:  # nothing starts from what was finetuned
            save_weights(weights, trained.best_state)
        if len(trained.log):
            trained.log.save(context.folder / METHOD)
        for keeper in self._keeping:
            keeper.hand_over(context.folder, int(content["training"]["epochs"]))
        samples = []
        if not (content["injected"] or "start" in content or content["data"]["input"] == "text"):
            samples = write_predictions(context, load_network(content, weights))
        duplicates = {"duplicates": list(self.start.duplicates)} if self.start.duplicates else {}
        return {**trained.result, **duplicates, "samples": samples}


def _place_model(context: Context) -> None:
    """Tell where the pretrained encoder lies that a network names."""
    model = context.content["network"].get("model")
    if model:
        from specbench.nets.text.shape import PLACES

        PLACES[model["sha"]] = context.ticket.where.get("model", "")


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
