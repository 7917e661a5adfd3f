"""What a step costs under every training method, as a ratio to one under equal weighting.

Methods take turns, step by step, on the same batches, each with a network of its own. Ratios are of
medians within one run. The last lines compare two ways to look ahead along the candidates of
`it_mtl`: one after the other, as the method does, and batched by ``torch.func.vmap``.

Measured on one core of an AMD EPYC (AVX2), torch 2.15, torchjd 0.18, `conv`, two tasks, 32 px,
batch 32, AdamW, while other processes ran: medians of 15 steps.

==============================================  ==========================
method                                          ratio to a step of `equal`
==============================================  ==========================
those that weigh losses                         0.96 - 1.04
`famo`, which looks again; `gradnorm`           1.27; 1.30
`pcgrad`; other combinations of gradients       1.24; 1.10 - 1.41
`nash_mtl`                                      2.32
`it_mtl`, candidates mean and pcgrad            2.45
==============================================  ==========================

Batched, the look-aheads of `it_mtl` took 1.46 times as long as one by one (1.40 on ResNet-18 at 64
px), so they are taken one by one. A GPU was not at hand.

Run ``python benchmarks/methods.py``; ``--help`` lists sizes. On a CPU the figures are seconds of
the process (one thread), so that other processes disturb them little.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from machine import alternate, in_words, machine, medians, table, write
from probes import TASKS, Clock, Noise
from probes import content_of as equal_content
from torch import Tensor, nn

from specbench.nets.architecture import ENCODERS
from specbench.tasks.losses import loss_sum
from specbench.training.images import Batch
from specbench.training.methods.candidates import resolved
from specbench.training.methods.catalogue import EQUAL, IT_MTL, METHODS
from specbench.training.methods.it_mtl import ItMtl
from specbench.training.observe import Moment
from specbench.training.train import Training


def content_of(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the content of a training by the method, its settings the defaults."""
    content = equal_content(options)
    content["training"]["optimizer"] = "adamw"
    if name != EQUAL:
        settings = METHODS[name].with_defaults({})
        if name == IT_MTL:
            settings["candidates"] = resolved(options.candidates, list(content["tasks"]), {})
        chosen = {"method_version": METHODS[name].version, "method_settings": settings}
        content["training"] |= {"method": name, **chosen}
    return content


class Stepped:
    """A training by one method, taken step by step."""

    def __init__(self, name: str, options: argparse.Namespace, folder: Path, noise: Noise) -> None:
        data = dict.fromkeys(("train", "val", "test"), noise)
        content = content_of(name, options)
        self.training = Training(content, data, folder / name, options.device, lambda news: None)
        self.learner, self._clock = self.training.learner, Clock(options.device)
        self.learner.network.train()
        self._images, self._taken = options.batch, 0

    def batch(self) -> Batch:
        """Return the next batch; the same for every method."""
        rows = np.random.default_rng(self._taken).permutation(4 * self._images)
        return self.training.images["train"].batch(rows[: self._images])

    def step(self) -> float:
        """Take a step; return the seconds."""
        batch, started = self.batch(), self._clock.now()
        self.learner.step(self._taken, batch)
        self._taken += 1
        return self._clock.now() - started


def looks(stepped: Stepped, clock: Clock, times: int) -> dict[str, float]:
    """Return the seconds of all look-aheads of a step, one after the other and batched."""
    method, learner = stepped.learner.method, stepped.learner
    assert isinstance(method, ItMtl)
    shadow, batch = method._shadow, stepped.batch()
    assert shadow is not None
    shared = learner.network.shared_parameters()
    directions = {name: [torch.randn_like(p) for p in shared] for name in method._candidates}
    moment = Moment(0, 0, 1e-3, learner.network, learner.optimiser)
    everyone = range(len(shadow.tasks))

    def in_turn() -> list[Tensor]:
        found = []
        for along in directions.values():
            with torch.no_grad():
                for mine, theta, part in zip(shadow.shared, shared, along, strict=True):
                    torch.add(theta, part, alpha=-moment.rate, out=mine)
            found.append(shadow.losses([batch], everyone))
        return found

    names = [name for name, _ in shadow.network.named_parameters() if name.startswith("encoder.")]
    norms = [m for m in shadow.network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]

    def losses(moved: tuple[Tensor, ...]) -> Tensor:
        changed = dict(zip(names, moved, strict=True))
        outputs = torch.func.functional_call(shadow.network, changed, (batch.images,))
        found = [
            loss_sum(task, outputs[name], batch.labels[name], torch.float64)
            for name, task in shadow.tasks.items()
        ]
        return torch.stack([loss.total / loss.valid for loss in found])

    def at_once() -> list[Tensor]:
        with torch.no_grad():
            moved = tuple(
                torch.stack([theta - moment.rate * part for part in parts])
                for theta, parts in zip(shared, zip(*directions.values(), strict=True), strict=True)
            )
            return list(torch.func.vmap(losses)(moved))

    for norm in norms:  # vmap cannot update running statistics in place
        norm.track_running_stats = False
    torch.testing.assert_close(in_turn(), [one.cpu() for one in at_once()], rtol=1e-3, atol=1e-3)
    runs: dict[str, Callable[[], float]] = {
        name: lambda call=call: clock.median(call, 1)  # type: ignore[misc]
        for name, call in (("in turn", in_turn), ("batched", at_once))
    }
    found = medians(alternate(runs, times))
    for norm in norms:
        norm.track_running_stats = True
    return found


def main() -> None:
    """Measure and print."""
    options = _options()
    noise = Noise(4 * options.batch, options.size)
    names = [name for name in options.methods if not METHODS[name].missing()]
    with tempfile.TemporaryDirectory() as folder:
        stepped = {name: Stepped(name, options, Path(folder), noise) for name in (EQUAL, *names)}
        for one in stepped.values():
            one.step()
        runs = {name: one.step for name, one in stepped.items()}
        found = medians(alternate(runs, options.times))
        looked = {}
        if IT_MTL in stepped:
            looked = looks(stepped[IT_MTL], Clock(options.device), options.times)
    print(in_words(machine("torchjd")))
    print(f"{options.encoder}, {options.tasks} tasks, {options.size} px, batch {options.batch}\n")
    rows = [
        (name, f"{1e3 * value:.1f}", f"{value / found[EQUAL]:.2f}") for name, value in found.items()
    ]
    print(table([("method", "ms a step", "ratio to equal"), *rows]))
    for name, value in looked.items():
        print(
            f"look-aheads along {len(options.candidates)} candidates {name}: {1e3 * value:.1f} ms"
        )
    ratios = {name: value / found[EQUAL] for name, value in found.items()}
    numbers = {"machine": machine("torchjd"), "seconds": found, "ratios": ratios, "looks": looked}
    write(options.out, {**numbers, "time": time.time()})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--encoder", default="conv", choices=sorted(ENCODERS))
    parser.add_argument("--width", type=int, help="channels of the first stage")
    parser.add_argument("--decoder-width", type=int)
    parser.add_argument("--size", type=int, default=32, help="pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tasks", type=int, default=2, choices=range(2, len(TASKS) + 1))
    parser.add_argument("--times", type=int, default=15, help="steps of each method")
    parser.add_argument("--methods", nargs="+", default=list(METHODS)[1:], choices=list(METHODS))
    parser.add_argument("--candidates", nargs="+", default=["mean", "pcgrad"])
    parser.add_argument("--out", type=Path, help="JSON file for the numbers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
