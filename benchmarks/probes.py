"""What TAG, CS and ETAP together cost a training that they look at, measured.

Two figures, for five tasks on ResNet-18 with four-block decoders, 64×64 pixels, batch 32, float32:

- a probed step over its own arithmetic: n encoder backward passes, n encoder forwards, n decoder
  backwards and n² decoder forwards, each timed alone;
- a training with probes every ten steps over the same training without.

With light decoders the n backward passes of the encoder alone are a third of ten training steps:
what a probe costs beside a training depends on the networks, what it costs beside its own
arithmetic does not. So the table has the bound that multiply-adds set beside what was measured;
figures and machine stand in ``docs/benchmarks.md``.

Run ``python benchmarks/probes.py``; ``--help`` lists smaller settings. On a CPU the figures are in
seconds of the process (one thread), so that other processes disturb them little; medians.
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
import numpy.typing as npt
import torch
from machine import in_words, machine, table, write

from specbench.nets.architecture import ENCODERS
from specbench.nets.cost import TRAINING_PASSES, VERSION, encoder_macs, network_macs
from specbench.nets.products import described
from specbench.tasks.catalogue import CATALOGUE
from specbench.tasks.losses import loss_sum
from specbench.testing.traces import TRAINING
from specbench.training.images import Batch
from specbench.training.observe import Moment
from specbench.training.traces.cost import gradient_macs, look_ahead_macs
from specbench.training.traces.probe import LookAhead, Probe, When
from specbench.training.traces.shadow import Shadow
from specbench.training.traces.tracer import Tracer
from specbench.training.train import Training

TASKS = ("depth_zbuffer", "edge_texture", "keypoints2d", "normal", "segment_semantic")
EVERY = 10


class Noise:
    """Random images and labels, made once."""

    def __init__(self, count: int, size: int) -> None:
        self._count = count
        rng = np.random.default_rng(0)
        plain = rng.random((count, 1, size, size)).astype(np.float32)
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "rgb": rng.integers(0, 256, (count, 3, size, size)).astype(np.uint8),
            "depth_zbuffer": plain,
            "edge_texture": plain,
            "keypoints2d": plain,
            "normal": rng.normal(size=(count, 3, size, size)).astype(np.float32),
            "segment_semantic": rng.integers(0, 17, (count, size, size)).astype(np.uint8),
            "mask_valid": rng.random((count, size, size)) < 0.9,
        }

    def __len__(self) -> int:
        return self._count

    def take(self, domain: str, indices: npt.NDArray[np.intp], /) -> npt.NDArray[np.generic]:
        """Return the rows of a domain."""
        return self._arrays[domain].take(indices, axis=0)


def content_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the content of the training that is measured."""
    kind = ENCODERS[options.encoder]
    network: dict[str, Any] = {
        "version": VERSION,
        "encoder": options.encoder,
        "width": options.width or kind.width,
        "features": kind.features,
        "decoder_width": options.decoder_width or kind.decoder_width,
        "decoder_blocks": 4,
        "capacity": 1.0,
        "image_size": options.size,
    }
    return {
        "seed": 0,
        "data": {"input": "rgb"},
        "tasks": {name: CATALOGUE[name].content() for name in TASKS[: options.tasks]},
        "network": described(network),
        "injected": "",
        "training": {**TRAINING, "epochs": 1, "batch_size": options.batch, "learning_rate": 0.01},
    }


class Clock:
    """Times calls: processor seconds on a CPU, seconds with the device waited for on a GPU."""

    def __init__(self, device: str) -> None:
        self._cuda = device == "cuda"

    def now(self) -> float:
        """Return the time."""
        if not self._cuda:
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()

    def median(self, call: Callable[[], object], times: int) -> float:
        """Return the median seconds of a call, after one that does not count."""
        call()
        taken = []
        for _ in range(times):
            started = self.now()
            call()
            taken.append(self.now() - started)
        return float(np.median(taken))


def arithmetic(shadow: Shadow, batch: Batch, clock: Clock, times: int) -> dict[str, float]:
    """Return the seconds of one pass of each kind, of the encoder and of all decoders together."""
    net, tasks = shadow.network, shadow.tasks
    features = net.encoder(batch.images)
    leaf = features.detach().requires_grad_(True)

    def losses() -> torch.Tensor:
        found = [
            loss_sum(task, net.decoders[name](leaf), batch.labels[name]).mean()
            for name, task in tasks.items()
        ]
        return torch.stack(found).sum()

    def no_grad(call: Callable[[], object]) -> Callable[[], None]:
        def inner() -> None:
            with torch.inference_mode():
                call()

        return inner

    for decoder in net.decoders.children():
        decoder.requires_grad_(True)
    weights = list(net.decoders.parameters())
    towards, loss = torch.randn_like(features), losses()
    found = {
        "encoder forward": clock.median(no_grad(lambda: net.encoder(batch.images)), times),
        "encoder backward": clock.median(
            lambda: torch.autograd.grad(features, shadow.shared, towards, retain_graph=True), times
        ),
        "decoders forward": clock.median(no_grad(losses), times),
        "decoders backward": clock.median(
            lambda: torch.autograd.grad(loss, [leaf, *weights], retain_graph=True), times
        ),
    }
    net.decoders.requires_grad_(False)
    return found


def main() -> None:
    """Measure and print."""
    options = _options()
    content, clock = content_of(options), Clock(options.device)
    n = options.tasks
    probe = Probe(When.STEPS, every=EVERY, look_aheads=(LookAhead.SGD,))
    noise = Noise(4 * options.batch, options.size)
    with tempfile.TemporaryDirectory() as folder:
        data = dict.fromkeys(("train", "val", "test"), noise)
        training = Training(content, data, Path(folder), options.device, lambda news: None)
        learner, images = training.learner, training.images["train"]
        batch = images.batch(np.arange(options.batch))
        learner.network.train()
        step = clock.median(lambda: learner.step(0, batch), options.times)
        tracer = Tracer(content, probe, {}, Path(folder) / "trace", options.device)
        moment = Moment(0, 0, 0.01, learner.network, learner.optimiser)
        probed = clock.median(lambda: tracer.before_step(moment, batch), options.times)
        shadow = Shadow(learner.network, training.tasks, training=True)
        shadow.follow(learner.network)
        passes = arithmetic(shadow, batch, clock, options.times)
        ratio = _whole_run(training, probe, options, clock, Path(folder))
    own = (
        n * (passes["encoder forward"] + passes["encoder backward"])
        + passes["decoders backward"]
        + n * passes["decoders forward"]
    )
    tasks, network = list(training.tasks.values()), content["network"]
    macs = gradient_macs(network, tasks) + look_ahead_macs(network, tasks, probe)
    trained = TRAINING_PASSES * network_macs(network, tasks)
    ratios = {
        "probe / own arithmetic": probed / own,
        "by medians": 1 + probed / step / EVERY,
        "steps in turn": ratio,
        "by multiply-adds": 1 + macs / trained / EVERY,
    }
    seconds = {**passes, "own arithmetic": own, "probe": probed, "training step": step}
    about = machine()
    print(in_words(about))
    print(f"an encoder of {encoder_macs(network):.3g} multiply-adds an image, {n} decoders of")
    print(f"{network_macs(network, tasks) - encoder_macs(network):.3g} in all")
    print(table([("what", "ms"), *((name, f"{1e3 * took:.0f}") for name, took in seconds.items())]))
    words = (
        ("a probe over its own arithmetic", "probe / own arithmetic"),
        (f"a run with a probe every {EVERY} steps over one without, by medians", "by medians"),
        (f"the same, {options.steps} steps of each in turn", "steps in turn"),
        ("the same, in multiply-adds: what it can cost at equal speed", "by multiply-adds"),
    )
    print(table([("ratio", ""), *((text, f"{ratios[name]:.2f}") for text, name in words)]))
    settings = {name: value for name, value in vars(options).items() if name != "out"}
    write(
        options.out,
        {"machine": about, "options": settings, "seconds": seconds, "ratios": ratios},
    )


def _whole_run(
    training: Training, probe: Probe, options: argparse.Namespace, clock: Clock, folder: Path
) -> float:
    """Return the time of a run with probes over one without, ten steps of each in turn."""
    learner, images = training.learner, training.images["train"]
    tracer = Tracer(training.content, probe, {}, folder / "run", options.device)
    spent = {False: 0.0, True: 0.0}
    rng = np.random.default_rng(1)
    for block in range(max(1, options.steps // EVERY)):
        for looked in (False, True):
            started = clock.now()
            for step in range(EVERY):
                batch = images.batch(rng.permutation(len(images))[: options.batch])
                if looked:
                    moment = Moment(0, step, 0.01, learner.network, learner.optimiser)
                    tracer.before_step(moment, batch)
                learner.step(block * EVERY + step, batch)
            spent[looked] += clock.now() - started
    return spent[True] / spent[False]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--encoder", default="resnet18", choices=sorted(ENCODERS))
    parser.add_argument("--width", type=int, help="channels of the first stage")
    parser.add_argument("--decoder-width", type=int)
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tasks", type=int, default=5, choices=range(2, 6))
    parser.add_argument("--times", type=int, default=5, help="repetitions of each timing")
    parser.add_argument("--steps", type=int, default=20, help="steps of each run")
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
