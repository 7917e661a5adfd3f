"""A copy of the network in training, in which a trace computes.

The training never meets the trace: it has weights, batch statistics and gradients of its own. All
arithmetic is float32 whatever the training's precision; only the shared parameters are derived by.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.training.images import Batch
from specbench.training.traces.heads import Heads

Gradient = list[Tensor]
"""Of one task's mean loss, by each of the shared parameters."""


class Measured(NamedTuple):
    """Each task's mean loss, float64 (tasks,), NaN where no label is valid; and its gradient."""

    losses: Tensor
    gradients: list[Gradient]


class Shadow:
    """A copy of ``network``. ``training``: batches are normalised by their own statistics."""

    def __init__(self, network: Network, tasks: Mapping[str, Task], *, training: bool) -> None:
        self.tasks = dict(sorted(tasks.items()))
        self.network = copy.deepcopy(network).float().train(training).requires_grad_(False)
        self.shared = self.network.shared_parameters()
        for parameter in self.shared:
            parameter.requires_grad_(True)
        self._heads = Heads(self.network, self.tasks)

    def follow(self, network: Network) -> None:
        """Take over the weights and batch statistics of ``network``."""
        with torch.no_grad():
            mine, theirs = self.network.state_dict(), network.state_dict()
            for name, tensor in mine.items():
                tensor.copy_(theirs[name])
        self._heads.follow()

    def measure(self, batches: Iterable[Batch]) -> Measured:
        """Return losses and gradients over all of ``batches``, one forward pass of each.

        A task's gradient goes through its own decoder to the features, and from there through the
        encoder: no gradient of a decoder's weights is computed.
        """
        sums = self._sums()
        gradients: list[Gradient] = [[] for _ in self.tasks]
        norms: list[float] = []
        with exact():
            for batch in batches:
                features = self.network.encoder(batch.images)
                backward, counted = self._heads.towards(features, batch.labels)
                sums += counted
                # Means over the first batch: if there is no other, the gradients are right.
                norms = norms or sums[:, 1].clamp(min=1).tolist()
                for number, towards in enumerate(backward):
                    last = number == len(backward) - 1
                    towards.div_(norms[number])
                    found = torch.autograd.grad(
                        features, self.shared, towards, retain_graph=not last
                    )
                    _accumulate(gradients[number], found)
                del features, backward, found
        valid = sums[:, 1].clamp(min=1).tolist()
        for gradient, norm, count in zip(gradients, norms, valid, strict=True):
            if norm != count:
                torch._foreach_mul_(gradient, norm / count)
        return Measured(_means(sums), gradients)

    def losses(self, batches: Iterable[Batch], among: Sequence[int]) -> Tensor:
        """Return mean losses over all of ``batches`` as ``measure`` does, NaN but for ``among``."""
        sums = self._sums()
        with exact(), torch.inference_mode():
            for batch in batches:
                features = self.network.encoder(batch.images)
                sums += self._heads.losses(features, batch.labels, among)
        return _means(sums)

    def _sums(self) -> Tensor:
        device = self.shared[0].device
        return torch.zeros(len(self.tasks), 2, dtype=torch.float64, device=device)


def _accumulate(gradient: Gradient, found: Sequence[Tensor]) -> None:
    if gradient:
        torch._foreach_add_(gradient, list(found))
    else:
        gradient += found


def _means(sums: Tensor) -> Tensor:
    return torch.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], torch.nan).cpu()


@contextmanager
def exact() -> Iterator[None]:
    """Compute in full float32: no autocast, and no TensorFloat-32 on a GPU."""
    backend = torch.backends.cuda.matmul
    allowed, backend.allow_tf32 = backend.allow_tf32, False
    try:
        with torch.backends.cudnn.flags(
            enabled=torch.backends.cudnn.enabled,
            benchmark=torch.backends.cudnn.benchmark,
            deterministic=torch.backends.cudnn.deterministic,
            allow_tf32=False,
        ):
            yield
    finally:
        backend.allow_tf32 = allowed
