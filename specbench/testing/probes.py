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
from specbench.names import join
from specbench.nets.cost import VERSION, encoder_macs, network_macs
from specbench.scores.contract import Needs, Score, ScoreInputs, Trained, injected_name
from specbench.seeding import numpy_stream
from specbench.tasks.catalogue import CATALOGUE, Task
from specbench.testing.traces import make_traced

TASKS = ("depth_zbuffer", "edge_texture", "normal", "segment_semantic")
"""Tasks of the bench: a masked map, a plain one, vectors and classes."""
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
[domains.mask_valid]
form = "mask"
"""


def make_inputs(
    folder: Path, score: Score, tasks: Iterable[str] = TASKS, settings: Mapping[str, Any] = {}
) -> ScoreInputs:
    """Return inputs for ``score`` under ``folder``; equal arguments give equal inputs.

    A task may be any of :data:`TASKS`; networks have their initial weights, and those of single
    tasks half capacity. Losses are made up. The order of ``tasks`` is that of the mappings in the
    inputs.
    """
    named = {name: CATALOGUE[name] for name in tasks}
    data = _packed(folder / "data")
    given = score.settings(settings)
    made = {
        join(group): make_traced(
            folder, score, given, {name: named[name] for name in group}, data, SIZE
        )
        for group in _groups(score, list(named))
    }
    networks = {name: net for name, (net, _) in made.items()}
    if score.needs in (Needs.HALF_SINGLES, Needs.INJECTED):
        networks |= {name: _network(folder, task) for name, task in named.items()}
    if score.needs is Needs.INJECTED:
        networks |= {
            injected_name(*pair): _network(folder, named[pair[0]], pair[1])
            for pair in itertools.permutations(named, 2)
        }
    return ScoreInputs(
        tasks=named,
        networks=networks,
        data=data,
        input="rgb",
        settings=given,
        device="cpu",
        report=lambda news: None,
        traces={name: trace for name, (_, trace) in made.items() if trace is not None},
    )


def _groups(score: Score, tasks: list[str]) -> list[tuple[str, ...]]:
    if score.needs is Needs.PAIRS:
        return list(itertools.combinations(tasks, 2))
    return [tuple(tasks)] if score.needs is Needs.ALL else []


def _packed(folder: Path) -> dict[str, Path]:
    domains = _arrays(folder / "arrays")
    source = make_source({"kind": "arrays", "roots": [str(folder / "arrays")]})
    packs = {name: folder / "packs" / name for name in domains}
    for name, pack in packs.items():
        if not pack.exists():
            pack.mkdir(parents=True)
            pack_domain(source, name, SIZE, pack, lambda news: None)
    chosen = folder / "ids"
    chosen.mkdir(exist_ok=True)
    for split in SPLITS:
        write_ids(chosen / f"{split}.ids", choose_ids(packs, split, None, 0))
    return {**packs, "ids": chosen}


def _arrays(folder: Path) -> list[str]:
    square = (COUNT, SIZE, SIZE)
    names: list[str] = []
    for split in SPLITS:
        rng = numpy_stream(0, "bench", split)
        arrays: dict[str, npt.NDArray[Any]] = {
            "rgb": rng.integers(0, 256, (COUNT, 3, SIZE, SIZE)).astype(np.uint8),
            "depth_zbuffer": rng.uniform(1, 6, square).astype(np.float32),
            "edge_texture": rng.uniform(0, 0.05, square).astype(np.float32),
            "normal": rng.normal(size=(COUNT, 3, SIZE, SIZE)).astype(np.float32),
            "segment_semantic": rng.integers(0, 17, square).astype(np.uint8),
            "mask_valid": rng.random(square) < 0.8,
        }
        (folder / split).mkdir(parents=True, exist_ok=True)
        for name, values in arrays.items():
            np.save(folder / split / f"{name}.npy", values)
        names = list(arrays)
    (folder / "manifest.toml").write_text(_MANIFEST)
    return names


def _network(folder: Path, task: Task, injected: str = "") -> Trained:
    from specbench.training.weights import copy_state, make_network, save_weights

    network = {
        "version": VERSION,
        "encoder": "conv",
        "width": 4,
        "features": 8,
        "decoder_width": 4,
        "decoder_blocks": 4,
        "capacity": 0.5,
        "image_size": SIZE,
    }
    content: dict[str, Any] = {
        "seed": 0,
        "tasks": {task.name: task.content()},
        "network": network,
        "training": {"channels_last": True},
    }
    weights = folder / f"{task.name}.pt"
    save_weights(weights, copy_state(make_network(content)))
    macs = network_macs(network, [task])
    rng = numpy_stream(0, "bench losses", task.name, injected)
    result = {
        "macs": macs,
        "encoder_macs": encoder_macs(network),
        "training_macs": 10 * macs,
        "losses": [
            {"target": task.name, "split": split, "loss": float(rng.uniform(0.5, 1))}
            for split in SPLITS
        ],
    }
    return Trained(content, result, weights)
