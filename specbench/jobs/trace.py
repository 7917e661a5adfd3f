"""Takes the trace of a network: what its tasks' gradients were along its training.

Most traces are taken while the network is trained and only written here. One that comes later reads
the weights kept of every epoch, where they are enough, or replays the training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from specbench.errors import TrainingError
from specbench.jobs.context import Context
from specbench.jobs.network import WEIGHTS
from specbench.jobs.tracer import make_tracer
from specbench.training.traces.probe import LookAhead, When

if TYPE_CHECKING:
    from specbench.training.traces.tracer import Tracer
    from specbench.training.weights import State

TRACE = "trace.npz"
"""The rows of the trace; columns as ``specbench.training.traces.tracer`` says."""


def run(context: Context) -> dict[str, Any]:
    """Write the rows; the result says what they cost and how they came about.

    ``deviation`` is the largest difference between the weights that a replay ends on and those of
    the network, relative to the largest weight; on a CPU it must be 0.
    """
    record = context.results.read(context.content["network"])
    tracer = make_tracer(context, record["content"])
    found: dict[str, Any] = {"origin": "training", "deviation": None}
    before = sum(tracer.seconds.values())
    if not tracer.finished:
        found = _from_kept(context, tracer, record) or _replayed(context, tracer, record)
        before = 0.0
    context.charged.append(before)
    tracer.rows.save(context.folder / TRACE)
    return {**tracer.result(), **found}


def _from_kept(
    context: Context, tracer: Tracer, record: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Walk over the weights kept of every epoch; None where they are not there or not enough."""
    import torch

    from specbench.training.observe import Moment
    from specbench.training.traces.kept import FOLDER, kept_epochs
    from specbench.training.weights import load_network

    content, network_folder = record["content"], context.needed(context.content["network"])
    kept = kept_epochs(network_folder / FOLDER, int(content["training"]["epochs"]))
    by_weights = LookAhead.OWN not in tracer.probe.look_aheads
    if kept is None or tracer.probe.when is not When.EPOCHS or not by_weights:
        return None
    if context.device == "cpu":
        torch.set_num_threads(1)
    network = load_network(content, network_folder / WEIGHTS, context.device)
    start = tracer.epoch
    tracer.resume(start)
    for epoch in kept:
        if epoch.epoch >= start:
            network.load_state_dict(epoch.state)
            tracer.after_epoch(Moment(epoch.epoch, epoch.step, epoch.rate, network, None))
            context.report({"done": epoch.epoch + 1, "total": content["training"]["epochs"]})
    return {"origin": "kept weights", "deviation": None}


def _replayed(context: Context, tracer: Tracer, record: Mapping[str, Any]) -> dict[str, Any]:
    """Train once more with the trace looking on, and see that it ends on the same weights."""
    from specbench.training.checkpoint import NAME, load_checkpoint
    from specbench.training.train import train
    from specbench.training.weights import load_weights

    content, work = record["content"], context.work()
    begun = load_checkpoint(work, content)
    if begun is not None and int(begun["epoch"]) > tracer.epoch:
        (work / NAME).unlink()
    folders, report = context.folders(), context.report
    trained = train(content, folders, work, context.device, report, [tracer])
    weights = load_weights(context.needed(context.content["network"]) / WEIGHTS)
    deviation = _deviation(weights, trained.best_state)
    if deviation and {record["run"]["device"], context.machine()["device"]} == {"cpu"}:
        raise TrainingError(
            f"the replay ends on other weights than the network's, {deviation:.1e} away",
            "other hardware or versions than those that trained it are one cause; move its result "
            "folder away and both are made in one pass",
        )
    return {"origin": "replay", "deviation": deviation}


def _deviation(weights: State, replayed: State) -> float:
    """Return the largest difference of two sets of weights relative to the largest weight."""
    scale = max(float(tensor.double().abs().max()) for tensor in weights.values())
    apart = (
        float((tensor.double() - replayed[name].double()).abs().max())
        for name, tensor in weights.items()
    )
    return max(apart) / scale
