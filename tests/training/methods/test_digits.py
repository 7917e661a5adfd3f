"""Guided steps on real digits: what they pick is what trying every candidate for real picks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from specbench.data.ids import read_ids, write_ids
from specbench.data.pack import pack_domain
from specbench.data.source import make_source
from specbench.tasks import resolve_task
from specbench.training.forward import forward
from specbench.training.images import Batch, open_split
from specbench.training.methods.it_mtl import best, transference
from specbench.training.methods.log import Log
from specbench.training.train import SPLITS, Training
from specbench.training.weights import tasks_of

TASKS = ("digit_left", "larger", "reconstruct_left")
CANDIDATES = ["mean", "pcgrad", "imtl_g", *([name] for name in TASKS), ["digit_left", "larger"]]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return packed pictures of two digits and their labels."""
    root, counts = tmp_path_factory.mktemp("digits"), {"train": 64, "val": 8, "test": 8}
    source = make_source({"kind": "digits", "seed": 0, "images": counts})
    folders = {name: root / name for name in ("rgb", *TASKS)}
    for name, folder in folders.items():
        pack_domain(source, name, 32, folder, lambda news: None)
    (root / "ids").mkdir()
    for split in SPLITS:
        write_ids(root / "ids" / f"{split}.ids", read_ids(folders["rgb"] / f"{split}.ids"))
    return {**folders, "ids": root / "ids"}


def losses(network: Any, learner: Any, batch: Batch) -> Tensor:
    with torch.no_grad():
        found = forward(copy.deepcopy(network).train(), learner._tasks, batch, "fp32")
    return torch.stack([loss.total.double() / loss.valid for loss in found])


def test_the_step_taken_is_the_best_of_all_steps_tried(
    by: Callable[..., dict[str, Any]], digits: dict[str, Path], tmp_path: Path
) -> None:
    content = by(
        "it_mtl",
        "normal",
        options={"candidates": CANDIDATES},
        optimizer="adamw",
        learning_rate=0.01,
        flip=False,
    )
    content["tasks"] = {name: resolve_task(name, {}).content() for name in TASKS}
    content["training"]["method_settings"]["candidates"] = _resolved()
    content["network"]["image_size"] = content["data"]["image_size"] = 32
    data = {split: open_split(tasks_of(content), digits, split) for split in SPLITS}
    training = Training(content, data, tmp_path, "cpu", lambda news: None)
    learner = training.learner
    learner.network.train()
    picked = []
    for step in range(6):
        batch = training.images["train"].batch(np.arange(16) + 8 * step)
        picked.append(_step_beside_all_others(learner, step, batch))
    assert len(set(picked)) > 1, "not always the same"


def _resolved() -> list[dict[str, Any]]:
    from specbench.training.methods.candidates import resolved

    return resolved(CANDIDATES, TASKS, {})


def _step_beside_all_others(learner: Any, number: int, batch: Batch) -> str:
    method, after = learner.method, {}
    for name in method._candidates:
        twin = copy.deepcopy(learner)
        every, twin.method.log = twin.method.directions, Log()
        twin.method.directions = lambda step, of=every, only=name: {only: of(step)[only]}
        twin.step(number, batch)
        after[name] = losses(twin.network, learner, batch)
    twin.network.encoder.load_state_dict(learner.network.encoder.state_dict())
    before = losses(twin.network, learner, batch)
    totals = {name: transference(before, found) for name, found in after.items()}
    learner.step(number, batch)
    chosen = method.log._series["chosen"]
    taken: str = chosen.names[int(np.argmax(chosen.rows[-1][2:]))]
    assert taken == best(totals)
    moved = losses(learner.network, learner, batch)
    torch.testing.assert_close(moved, after[taken])
    return taken
