"""Trains one network, or goes on with a training that was cut short."""

from __future__ import annotations

from typing import Any

from specbench.jobs.context import Context
from specbench.jobs.samples import write_predictions

WEIGHTS = "weights.pt"
"""The weights of the best validation epoch, in a network's result folder."""


def run(context: Context) -> dict[str, Any]:
    """Train, keep the best epoch's weights, draw a few predictions; return what was measured."""
    from specbench.training.train import train
    from specbench.training.weights import load_network, save_weights

    content = context.content
    trained = train(content, context.folders(), context.work(), context.device, context.report)
    weights = context.folder / WEIGHTS
    save_weights(weights, trained.best_state)
    network = load_network(content, weights)
    return {**trained.result, "samples": write_predictions(context, network)}
