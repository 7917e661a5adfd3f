"""A small bench to try a score on: random images and labels, packed, and untrained networks."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from specbench.data.ids import write_ids
from specbench.data.pack import pack_domain
from specbench.data.select import choose_ids
from specbench.data.source import SPLITS, make_source
from specbench.names import split as split_name
from specbench.nets.cost import VERSION, encoder_macs, network_macs
from specbench.scores.contract import Score, ScoreInputs, Trained
from specbench.seeding import numpy_stream
from specbench.tasks.catalogue import CATALOGUE, METRICS, Task
from specbench.tasks.inject import input_channels
from specbench.testing.traces import TRAINING, make_trace

TASKS = ("depth_zbuffer", "edge_texture", "normal", "segment_semantic", "class_scene")
"""Tasks of the bench: a masked map, a plain one, vectors, classes of pixels and of images."""
OF_SAMPLES = {
    "ripe": Task("ripe", "ripe", "binary", "bce", metrics=METRICS["binary"]),
    "weight": Task("weight", "weight", "value", "mse", channels=2, metrics=METRICS["value"]),
}
"""Further tasks of the bench: whether something is so of an image, and two numbers of it."""
SIZE = 16
COUNT = 12

_MANIFEST = """
[domains.rgb]
form = "image"
[domains.depth_zbuffer]
form = "continuous"
[domains.edge_texture]
form = "continuous"
[domains.normal]
form = "normal"
[domains.segment_semantic]
form = "classes"
classes = 17
[domains.class_scene]
form = "image_class"
classes = 365
[domains.ripe]
form = "binary"
[domains.weight]
form = "value"
[domains.mask_valid]
form = "mask"
[domains.keypoints2d]
form = "continuous"
"""


def make_inputs(
    folder: Path, score: Score, tasks: Iterable[str] = TASKS, settings: Mapping[str, Any] = {}
) -> ScoreInputs:
    """Return inputs for ``score`` under ``folder``; equal arguments give equal inputs.

    A task may be any of :data:`TASKS` or :data:`OF_SAMPLES`. The networks are those that the score
    reads, with their initial weights and made-up losses; single nets are at half capacity. The
    order of ``tasks`` is that of the mappings in the inputs.
    """
    named = {name: _task(name) for name in tasks}
    data, given = make_data(folder / "data"), score.settings(settings)
    names = score.reads(named) if score.needs.trained else []
    networks = {name: _network(folder, name) for name in names}
    probe, groups = score.probe(given), _groups(named)
    if probe is not None:
        probe = probe.along(score.sets(groups), list(named))
    return ScoreInputs(
        tasks=named,
        networks=networks,
        data=data,
        input="rgb",
        settings=given,
        device="cpu",
        report=lambda news: None,
        traces={
            name: make_trace(folder / f"trace of {name}", net.content, probe, data)
            for name, net in networks.items()
            if probe is not None
        },
        groups=groups,
    )


def _groups(tasks: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups that the bench's study trains: all pairs, and all tasks together."""
    names = sorted(tasks)
    return list(dict.fromkeys([*itertools.combinations(names, 2), tuple(names)]))


def _task(name: str) -> Task:
    return OF_SAMPLES.get(name) or CATALOGUE[name]


def make_data(folder: Path, size: int = SIZE, count: int = COUNT) -> dict[str, Path]:
    """Return the packed domains of ``count`` random images a split, and ``ids``, under ``folder``.

    A folder that has them keeps them.
    """
    domains = _arrays(folder / "arrays", size, count)
    source = make_source({"kind": "arrays", "roots": [str(folder / "arrays")]})
    packs = {name: folder / "packs" / name for name in domains}
    for name, pack in packs.items():
        if not pack.exists():
            pack.mkdir(parents=True)
            pack_domain(source, name, size, pack, lambda news: None)
    chosen = folder / "ids"
    chosen.mkdir(exist_ok=True)
    for split in SPLITS:
        write_ids(chosen / f"{split}.ids", choose_ids(packs, split, None, 0))
    return {**packs, "ids": chosen}


def _arrays(folder: Path, size: int, count: int) -> list[str]:
    square = (count, size, size)
    names: list[str] = []
    for split in SPLITS:
        rng = numpy_stream(0, "bench", split)
        arrays: dict[str, npt.NDArray[Any]] = {
            "rgb": rng.integers(0, 256, (count, 3, size, size)).astype(np.uint8),
            "depth_zbuffer": rng.uniform(1, 6, square).astype(np.float32),
            "edge_texture": rng.uniform(0, 0.05, square).astype(np.float32),
            "normal": rng.normal(size=(count, 3, size, size)).astype(np.float32),
            "segment_semantic": rng.integers(0, 17, square).astype(np.uint8),
            "mask_valid": rng.random(square) < 0.8,
            "class_scene": rng.integers(0, 6, count),
            "ripe": np.where(rng.random(count) < 0.2, np.nan, rng.integers(0, 2, count)),
            "weight": rng.normal(size=(count, 2)),
            "keypoints2d": rng.uniform(0, 0.05, square).astype(np.float32),
        }
        (folder / split).mkdir(parents=True, exist_ok=True)
        for name, values in arrays.items():
            np.save(folder / split / f"{name}.npy", values)
        names = list(arrays)
    (folder / "manifest.toml").write_text(_MANIFEST)
    return names


def _network(folder: Path, name: str) -> Trained:
    from specbench.training.weights import copy_state, make_network, save_weights

    members, _, injected = name.rpartition(">")[2].partition("/")  # `b>a` is a that starts from b
    tasks = {task: _task(task) for task in split_name(members)}
    network = {
        "version": VERSION,
        "encoder": "conv",
        "width": 4,
        "features": 8,
        "decoder_width": 4,
        "decoder_blocks": 4,
        "capacity": 0.5 if len(tasks) == 1 else 1.0,
        "image_size": SIZE,
    }
    content: dict[str, Any] = {
        "seed": 0,
        "data": {"input": "rgb"},
        "tasks": {task: of.content() for task, of in tasks.items()},
        "network": network,
        "injected": _task(injected).content() if injected else "",
        "training": TRAINING,
    }
    weights = folder / f"{name.replace('/', ' reads ').replace('>', ' to ')}.pt"
    save_weights(weights, copy_state(make_network(content)))
    macs = network_macs(network, tasks.values(), input_channels(content))
    rng = numpy_stream(0, "bench", "losses", name)
    result = {
        "macs": macs,
        "encoder_macs": encoder_macs(network, input_channels(content)),
        "training_macs": 10 * macs,
        "losses": [
            {"target": task, "split": split, "loss": float(rng.uniform(0.5, 1))}
            for task in tasks
            for split in SPLITS
        ],
    }
    return Trained(content, result, weights)
