"""Traces for the bench: of networks that are not trained, only looked at.

Without training a pair's values do not depend on what else the network learns, so that the laws of
pair scores can be tested on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from specbench.scores.contract import Trace
from specbench.training.traces.probe import Probe

EPOCHS, STEPS, BATCH = 2, 2, 6
TRAINING = {
    "epochs": EPOCHS,
    "batch_size": BATCH,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "schedule": "constant",
    "warmup_steps": 0,
    "precision": "fp32",
    "channels_last": True,
    "flip": True,
    "reduction": "sum",
    "method": "equal",
}
"""Settings of the trainings that the bench's networks pretend to come from."""


def make_trace(
    folder: Path, content: Mapping[str, Any], probe: Probe, data: Mapping[str, Path]
) -> Trace:
    """Return what ``probe`` sees of the untrained network of ``content``, batch after batch."""
    from specbench.training.images import Images, open_split
    from specbench.training.observe import Moment
    from specbench.training.optimiser import make_optimiser
    from specbench.training.settings import Settings
    from specbench.training.traces.tracer import Tracer
    from specbench.training.weights import make_network, tasks_of

    tasks = tasks_of(content)
    images = Images(open_split(tasks, data, "train"), tasks)
    network = make_network(content)
    optimiser = make_optimiser(Settings.from_content(content["training"]), network.parameters())
    tracer = Tracer(content, probe, data, folder, "cpu")
    tracer.resume(0)
    for epoch in range(EPOCHS):
        for step in range(STEPS):
            at = (epoch * STEPS + step) * max(probe.every, 1)
            batch = images.batch(np.arange(BATCH) + BATCH * step)
            tracer.before_step(Moment(epoch, at, 0.1, network, optimiser), batch)
        tracer.after_epoch(Moment(epoch, epoch * STEPS, 0.1, network, optimiser))
    tracer.rows.save(folder / "trace.npz")
    return Trace(tracer.result(), folder / "trace.npz")
