"""How near a training comes to what the machine can do: its matrix products and its memory.

Measured in one run: the rate of a large matrix product and of a large copy; steps of specbench's
training; and steps of a careful loop (channels-last, the same precision; compiled with
``--compile``, which on a CPU takes long and gains nothing). Printed: images a second, the share of
the matrix rate that the multiply-adds of a step reach, and the share of the copy's rate that its
traffic reaches, if every layer reads its input and writes its output once forward and twice
backward, and nothing is kept in a cache.

``python benchmarks/roofline.py --device cuda --precision bf16 --encoder xception --size 256``
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
from loops import ours
from loops.setting import Setting
from machine import alternate, in_words, machine, medians, table, write
from torch import nn

from specbench.nets.cost import TRAINING_PASSES
from specbench.nets.multiply import multiply
from specbench.training.forward import forward, weighted
from specbench.training.train import Training

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def seconds(device: str, call: Callable[[], object], times: int) -> float:
    """Return the seconds of one of ``times`` calls in a row, after one that does not count."""
    call()
    _wait(device)
    started = time.perf_counter()
    for _ in range(times):
        call()
    _wait(device)
    return (time.perf_counter() - started) / times


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def matrix_rate(device: str, precision: str) -> float:
    """Return multiply-adds a second of a product of large matrices."""
    side = 8192 if device == "cuda" else 1536
    one = torch.randn(side, side, device=device, dtype=_TYPES[precision])
    other = torch.randn(side, side, device=device, dtype=_TYPES[precision])
    product = multiply if device == "cpu" else torch.matmul
    return float(side**3 / seconds(device, lambda: product(one, other), 5))


def copy_rate(device: str) -> float:
    """Return bytes a second that a large copy reads and writes."""
    size = 2**30 if device == "cuda" else 2**28
    one, other = (torch.zeros(size, dtype=torch.uint8, device=device) for _ in range(2))
    return 2 * size / seconds(device, lambda: one.copy_(other), 5)


def traffic(network: nn.Module, images: torch.Tensor, bytes_each: int) -> float:
    """Return the bytes that the layers of one training step read and write."""
    total = 0

    def count(module: nn.Module, given: Any, output: Any) -> None:
        nonlocal total
        total += given[0].numel() + output.numel()

    leaves = [module for module in network.modules() if not any(module.children())]
    hooks = [module.register_forward_hook(count) for module in leaves]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return float(total * TRAINING_PASSES * bytes_each)


def careful_step(training: Training, batch: Any, compiled: bool) -> Callable[[], None]:
    """Return a step of the careful loop on the same network and batch."""
    network, tasks = training.learner.network, training.tasks
    model: Any = torch.compile(network) if compiled else network
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        losses = forward(model, tasks, batch, training.settings.precision)
        torch.stack(weighted(tasks, losses)).sum().backward()
        optimiser.step()

    return step


def main() -> None:
    """Measure and print."""
    options = _options()
    about = machine("numpy")
    print(in_words(about))
    setting = Setting(
        options.tasks,
        options.encoder,
        options.size,
        options.batch,
        1,
        options.batch,
        options.precision,
        options.device,
    )
    data = ours.prepare(setting)
    with tempfile.TemporaryDirectory() as folder:
        training = Training(
            setting.content(), data, Path(folder), options.device, lambda news: None
        )
        training.learner.network.train()
        batch = training.images["train"].batch(np.arange(options.batch))
        careful = careful_step(training, batch, options.compile)
        runs = {
            "ours": lambda: seconds(
                options.device, lambda: training.learner.step(0, batch), options.steps
            ),
            "careful loop": lambda: seconds(options.device, careful, options.steps),
            "matrix product": lambda: matrix_rate(options.device, options.precision),
            "copy": lambda: copy_rate(options.device),
        }
        found = medians(alternate(runs, options.rounds))
        moved = traffic(
            training.learner.network, batch.images, 4 if setting.precision == "fp32" else 2
        )
    macs = TRAINING_PASSES * training.macs * options.batch
    rows = [["loop", "images/s", "of the matrix rate", "of the copy's rate"]]
    for name in ("ours", "careful loop"):
        each = found[name]
        rows.append(
            [
                name,
                f"{options.batch / each:.1f}",
                f"{macs / each / found['matrix product']:.0%}",
                f"{moved / each / found['copy']:.0%}",
            ]
        )
    print(f"{setting.encoder}, {setting.tasks} task(s), {setting.size} px, {setting.precision}")
    print(table(rows))
    print(f"matrix product: {2e-9 * found['matrix product']:.0f} GFLOP/s; ", end="")
    print(f"copy: {1e-9 * found['copy']:.1f} GB/s; ours over careful: ", end="")
    print(f"{found['careful loop'] / found['ours']:.2f} ×")
    write(options.out, {"machine": about, "found": found, "macs": macs, "traffic": moved})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--tasks", type=int, default=2, choices=range(1, 6))
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--compile", action="store_true", help="compile the careful loop")
    parser.add_argument("--steps", type=int, default=3, help="steps of each timing")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file for the numbers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
