"""LI: the laws of scores, its closed form, and labels that tell much or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.data.ids import write_ids
from specbench.nets.cost import VERSION
from specbench.scores.contract import ScoreInputs, Trained, injected_name
from specbench.scores.li import LabelInjection
from specbench.tasks.catalogue import CATALOGUE, Task
from specbench.testing.probes import make_inputs
from specbench.testing.scores import ScoreContract, values
from specbench.testing.traces import TRAINING
from specbench.training.train import train

SCORE = LabelInjection()
SIZE, COUNT = 16, 48


class TestContract(ScoreContract):
    score = SCORE


def test_it_is_the_relative_difference_of_the_losses(tmp_path: Path) -> None:
    for split in ("val", "test"):
        inputs = make_inputs(tmp_path, SCORE, settings={"split": split})

        def loss(name: str, inputs: Any = inputs, split: str = split) -> float:
            rows = inputs.networks[name].result["losses"]
            return float(next(row["loss"] for row in rows if row["split"] == split))

        for (a, b), value in values(SCORE.compute(inputs)).items():
            injected = loss(injected_name(a, b))
            assert value == pytest.approx((loss(a) - injected) / injected)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Images of noise; `told` is the target itself, `noise` has nothing to do with it."""
    root = tmp_path_factory.mktemp("packed")
    for number, split in enumerate(("train", "val", "test")):
        rng = np.random.default_rng(number)
        shape = (COUNT, 1, SIZE, SIZE)
        coarse = np.kron(rng.normal(size=(COUNT, 1, 2, 2)), np.ones((8, 8))).astype(np.float32)
        arrays = {
            "rgb": rng.integers(0, 256, (COUNT, 3, SIZE, SIZE)).astype(np.uint8),
            "target": coarse,
            "told": coarse * 3 + 1,
            "noise": rng.normal(size=shape).astype(np.float32),
        }
        ids = [f"{split}/{i}" for i in range(COUNT)]
        for domain, array in arrays.items():
            (root / domain).mkdir(exist_ok=True)
            np.save(root / domain / f"{split}.npy", array)
            write_ids(root / domain / f"{split}.ids", ids)
        (root / "ids").mkdir(exist_ok=True)
        write_ids(root / "ids" / f"{split}.ids", ids)
    return {folder.name: folder for folder in root.iterdir()}


@pytest.fixture(scope="module")
def trained(
    folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Trained]:
    tasks = {
        name: Task(name, name, "regression", "l1", metrics=())
        for name in ("target", "told", "noise")
    }

    def make(partner: str) -> Trained:
        content: dict[str, Any] = {
            "kind": "network",
            "seed": 0,
            "data": {"image_size": SIZE, "input": "rgb"},
            "tasks": {"target": tasks["target"].content()},
            "network": {
                "version": VERSION,
                "encoder": "conv",
                "width": 8,
                "features": 16,
                "decoder_width": 16,
                "decoder_blocks": 3,
                "capacity": 0.5,
                "image_size": SIZE,
            },
            "injected": tasks[partner].content() if partner else "",
            "training": {
                **TRAINING,
                "epochs": 16,
                "batch_size": 8,
                "optimizer": "adamw",
                "learning_rate": 0.01,
                "schedule": "cosine",
            },
        }
        work = tmp_path_factory.mktemp("work")
        return Trained(content, train(content, folders, work, "cpu", print).result, work)

    return make


def test_a_label_that_tells_the_target_scores_high_and_noise_does_not(
    trained: Callable[[str], Trained],
) -> None:
    networks = {"target": trained(""), "target/told": trained("told")}
    networks["target/noise"] = trained("noise")
    alone = networks["target"].result["macs"]
    assert all(net.result["macs"] > alone for name, net in networks.items() if "/" in name)
    tasks = dict.fromkeys(("noise", "target", "told"), CATALOGUE["normal"])
    others = dict.fromkeys(
        ("told", "noise", "told/noise", "told/target", "noise/told", "noise/target"),
        networks["target"],
    )
    inputs = ScoreInputs(
        tasks=tasks,
        networks=networks | others,
        data={},
        input="rgb",
        settings=SCORE.settings({}),
        device="cpu",
        report=print,
    )
    found = values(SCORE.compute(inputs))
    told, noise = found["target", "told"], found["target", "noise"]
    assert told is not None
    assert noise is not None
    assert told > 0.3
    assert abs(noise) < 0.1
