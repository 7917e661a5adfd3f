"""Networks of three small tasks, trained while probes look at them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from specbench.training.checkpoint import load_checkpoint
from specbench.training.images import Batch
from specbench.training.observe import Moment
from specbench.training.traces.probe import LookAhead, Probe, When
from specbench.training.traces.tracer import Tracer
from specbench.training.train import train

BOTH = (LookAhead.OWN, LookAhead.SGD)
PROBES = {
    "steps": Probe(When.STEPS, every=2, look_aheads=(LookAhead.SGD,)),
    "steps, own, groups": Probe(When.STEPS, every=3, look_aheads=BOTH, groups=True),
    "epochs": Probe(When.EPOCHS, split="val", images=8, look_aheads=(LookAhead.SGD,)),
    "epochs, own": Probe(When.EPOCHS, split="train", images=50, look_aheads=BOTH),
    "gradients": Probe(When.STEPS, every=1),
}
NAMES = ("normal", "segment_semantic")


def quiet(news: dict[str, Any]) -> None:
    pass


class Cut(Exception):  # noqa: N818
    pass


def cut_after(epoch: int) -> Callable[[dict[str, Any]], None]:
    def report(news: dict[str, Any]) -> None:
        if "losses" in news and news["epoch"] == epoch:
            raise Cut

    return report


def equal(one: Any, other: Any) -> bool:
    """Tell whether nested values are the same, tensors bit for bit."""
    if isinstance(one, Tensor):
        nan = one.isnan() if one.is_floating_point() else torch.zeros_like(one, dtype=torch.bool)
        return one.shape == other.shape and bool(((one == other) | (nan & (other != other))).all())
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def trained(
    content: dict[str, Any], folders: Mapping[str, Path], work: Path, probe: Probe | None = None
) -> tuple[dict[str, Any], Tracer | None]:
    """Train; return the last checkpoint without its clock, and the trace."""
    tracer = Tracer(content, probe, folders, work / "trace", "cpu") if probe else None
    train(content, folders, work, "cpu", quiet, [tracer] if tracer else [])
    state = load_checkpoint(work, content)
    assert state is not None
    state["record"].pop("seconds")
    return state, tracer


class Snapshots:
    """Keeps what a trace has looked at, to be looked at again in another way."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.seen: list[tuple[Moment, Batch | None]] = []

    def resume(self, epoch: int) -> None:
        pass

    def before_step(self, moment: Moment, batch: Batch) -> None:
        if self.probe.when is When.STEPS and moment.step % self.probe.every == 0:
            self.seen.append((copy.deepcopy(moment), batch))

    def after_epoch(self, moment: Moment) -> None:
        if self.probe.when is When.EPOCHS:
            self.seen.append((copy.deepcopy(moment), None))
