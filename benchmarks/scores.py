"""IAS, RSA, CKA and LogME together, against the training of one single net.

Five tasks on ResNet-18 at half capacity with four-block decoders, 64×64 pixels, batch 32, float32:

- the four scores of all pairs over 2,048 images, computed as a run computes them, one after another
  in one process that passes the images through each net once;
- the training of one of those nets on 10,240 images.

Run ``python benchmarks/scores.py --out FILE``; ``--help`` lists smaller settings. On a CPU the
figures are in seconds of the process (one thread), so that other processes disturb them little.
What was measured on what stands in ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from machine import alternate, in_words, machine, medians, table, write
from probes import TASKS, Clock, content_of

from specbench.nets.cost import encoder_macs, network_macs
from specbench.nets.products import described
from specbench.scores.contract import Scored, ScoreInputs, Trained
from specbench.scores.passes import PASSES
from specbench.scores.registry import SCORES
from specbench.tasks.catalogue import CATALOGUE
from specbench.testing.probes import make_data
from specbench.training.images import open_split
from specbench.training.train import SPLITS, Training
from specbench.training.weights import copy_state, make_network, save_weights, tasks_of

TOGETHER = ("ias", "rsa", "cka", "logme")


def single(options: argparse.Namespace, task: str) -> dict[str, Any]:
    """Return the content of a task's half-capacity single net."""
    content = content_of(options)
    network = described({**content["network"], "capacity": 0.5})
    return {**content, "tasks": {task: CATALOGUE[task].content()}, "network": network}


def trained(content: Mapping[str, Any], weights: Path) -> Trained:
    """Write the initial weights of a net; how it was trained does not matter here."""
    save_weights(weights, copy_state(make_network(content)))
    network, tasks = content["network"], tasks_of(content).values()
    macs = network_macs(network, tasks)
    result = {"macs": macs, "encoder_macs": encoder_macs(network), "training_macs": 0}
    return Trained(dict(content), result, weights)


class Bench:
    """The data, the nets and the two things that are timed."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options, self._folder = options, folder
        self.clock = Clock(options.device)
        self._data = make_data(folder / "data", options.size, options.images)
        self._contents = {task: single(options, task) for task in TASKS}
        self._nets = {
            task: trained(content, folder / f"{task}.pt")
            for task, content in self._contents.items()
        }
        self.parts: dict[str, list[float]] = {name: [] for name in TOGETHER}

    def scores(self) -> float:
        """Return the seconds of the four scores; ``parts`` has those of each."""
        PASSES.clear()
        for name in TOGETHER:
            started = self.clock.now()
            self._score(name)
            self.parts[name].append(self.clock.now() - started)
        return sum(seconds[-1] for seconds in self.parts.values())

    def _score(self, name: str) -> Scored:
        score = SCORES[name]
        inputs = ScoreInputs(
            tasks={task: CATALOGUE[task] for task in TASKS},
            networks=self._nets,
            data=self._data,
            input="rgb",
            settings=dataclasses.replace(score.settings({}), images=self._options.images),
            device=self._options.device,
            report=lambda news: None,
        )
        return score.compute(inputs)

    def training(self) -> float:
        """Return the seconds of the steps of one net's training."""
        options, content = self._options, self._contents[self._options.task]
        data = {split: open_split(tasks_of(content), self._data, split) for split in SPLITS}
        run = Training(content, data, self._folder, options.device, lambda news: None)
        run.learner.network.train()
        rng = np.random.default_rng(0)
        started = self.clock.now()
        for step in range(options.trained // options.batch):
            batch = run.images["train"].batch(rng.permutation(options.images)[: options.batch])
            run.learner.step(step, batch)
        return self.clock.now() - started


def main() -> None:
    """Measure, print and write."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, Path(folder))
        runs = {"training": bench.training, "scores": bench.scores}
        seconds = medians(alternate(runs, options.rounds))
    parts, about = medians(bench.parts), machine("numpy", "scipy")
    ratio = seconds["scores"] / seconds["training"]
    rows: list[tuple[str, str]] = [("what", "seconds")]
    rows.append((f"training one net on {options.trained} images", f"{seconds['training']:.1f}"))
    rows += [(f"{name} over {options.images} images", f"{parts[name]:.1f}") for name in TOGETHER]
    rows.append(("the four scores together", f"{seconds['scores']:.1f}"))
    print(in_words(about))
    print(table(rows))
    print(f"scores / training: {ratio:.2f}")
    numbers = {"seconds": seconds, "scores": parts, "ratio": ratio}
    settings = {name: value for name, value in vars(options).items() if name != "out"}
    write(options.out, {"machine": about, "options": settings, **numbers})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--width", type=int, help="channels of the first stage")
    parser.add_argument("--decoder-width", type=int)
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=2048, help="that the scores read")
    parser.add_argument("--trained", type=int, default=10240, help="images of the training")
    parser.add_argument("--task", default="normal", choices=TASKS, help="of the net trained")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    parser.set_defaults(tasks=len(TASKS))
    return parser.parse_args()


if __name__ == "__main__":
    main()
