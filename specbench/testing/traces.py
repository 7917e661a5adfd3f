"""Networks of several tasks and traces of them, for the bench: untrained, looked at where they are.

Without training a pair's values do not depend on what else the network learns, so the laws of pair
scores can be tested on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from specbench.names import join
from specbench.nets.cost import VERSION, encoder_macs, network_macs
from specbench.scores.contract import Score, Trace, Trained
from specbench.tasks.catalogue import Task
from specbench.training.traces.probe import Probe

EPOCHS, STEPS, BATCH = 2, 2, 6


def joint_content(tasks: Mapping[str, Task], image_size: int) -> dict[str, Any]:
    """Return the content of a small network's training."""
    return {
        "seed": 0,
        "data": {"input": "rgb"},
        "tasks": {name: task.content() for name, task in sorted(tasks.items())},
        "network": {
            "version": VERSION,
            "encoder": "conv",
            "width": 4,
            "features": 8,
            "decoder_width": 4,
            "decoder_blocks": 4,
            "capacity": 1.0,
            "image_size": image_size,
        },
        "injected": "",
        "training": {
            "epochs": EPOCHS,
            "batch_size": BATCH,
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "schedule": "constant",
        },
    }


def make_traced(
    folder: Path,
    score: Score,
    settings: Any,
    tasks: Mapping[str, Task],
    data: Mapping[str, Path],
    image_size: int,
) -> tuple[Trained, Trace | None]:
    """Return an untrained network of ``tasks`` and the trace that ``score`` reads, if it does."""
    from specbench.training.weights import copy_state, make_network, save_weights

    content = joint_content(tasks, image_size)
    macs = network_macs(content["network"], tasks.values())
    result = {
        "macs": macs,
        "encoder_macs": encoder_macs(content["network"]),
        "training_macs": 10 * macs,
    }
    weights = folder / f"{join(tasks)}.pt"
    save_weights(weights, copy_state(make_network(content)))
    probe = score.probe(settings)
    trace = None if probe is None else _trace(folder / join(tasks), content, probe, data)
    return Trained(content, result, weights), trace


def _trace(
    folder: Path, content: Mapping[str, Any], probe: Probe, data: Mapping[str, Path]
) -> Trace:
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
