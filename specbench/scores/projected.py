"""Per-sample gradients of a network in its shared parameters, projected at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from specbench.errors import ScoreError
from specbench.nets.network import Network
from specbench.scores.contract import ScoreInputs
from specbench.scores.features import Places, find_places
from specbench.scores.linearised import Loss, Samples
from specbench.scores.probe import probe_batches, probe_images
from specbench.seeding import numpy_stream
from specbench.tasks.catalogue import Task

if TYPE_CHECKING:
    from specbench.scores.linearised import Array

_SEED = 0


class Projection:
    """A random map of gradients to d numbers that keeps inner products on average.

    A count sketch (Charikar et al. 2002; as a projection, Weinberger et al. 2009, arXiv
    0902.2206): every parameter is added, with a random sign, to one of d sums. It needs no
    matrix, which for Gaussian numbers would have d times as many entries as the network. With no
    more parameters than d it is the identity.
    """

    def __init__(self, parameters: int, dimensions: int, device: str | torch.device) -> None:
        rng = numpy_stream(_SEED, "projection", parameters, dimensions)
        place, sign = rng.integers(0, dimensions, parameters), rng.choice([-1.0, 1.0], parameters)
        if parameters <= dimensions:
            place, sign, dimensions = np.arange(parameters), np.ones(parameters), parameters
        self.dimensions = dimensions
        self._place = torch.from_numpy(place).to(device)
        self._sign = torch.from_numpy(sign).to(device)
        # Of 40 tasks there are tens of thousands of gradients: what each is copied to is kept, or
        # the allocator leaves a hole behind every one of them (10 GB after 8,000).
        self._flat = torch.empty(parameters, dtype=torch.float64, device=device)

    def __call__(self, gradient: Sequence[Tensor]) -> Tensor:
        """Return (d,) of the gradients of all parameters, float64."""
        torch.cat([part.reshape(-1).double() for part in gradient], out=self._flat)
        sums = self._flat.new_zeros(self.dimensions)
        return sums.index_add_(0, self._place, self._flat.mul_(self._sign))


def linearise(
    net: Network, inputs: ScoreInputs, projection: Projection, surrogate: str
) -> dict[str, Samples]:
    """Return every task's samples: places of the probe images, one number at each.

    For a class, or a binary label, the log-odds of the true one; else the error of one channel,
    drawn for the place. The network's heads stay as they are; it is linearised in its shared
    parameters only.
    """
    tasks = dict(sorted(inputs.tasks.items()))
    places = {name: where for (name,), where in find_places(inputs, [(t,) for t in tasks]).items()}
    shared = [parameter.requires_grad_(True) for parameter in net.shared_parameters()]
    starts: dict[str, list[float]] = {name: [] for name in tasks}
    rows: dict[str, Array] = {
        name: np.empty((len(places[name].labels[name]), projection.dimensions)) for name in tasks
    }
    first = 0
    for batch in probe_batches(probe_images(inputs, {}), inputs):
        for number, image in enumerate(batch.images, start=first):
            outputs = net(image[None])
            for name, task in tasks.items():
                for z in numbers(task, outputs[name][0].float(), places[name], number):
                    gradient = torch.autograd.grad(z, shared, retain_graph=True)
                    rows[name][len(starts[name])] = projection(gradient).cpu().numpy()
                    starts[name].append(float(z.detach()))
        first += len(batch.images)
    return {
        name: Samples(
            loss_of(task, surrogate),
            np.array(starts[name]),
            rows[name],
        )
        for name, task in tasks.items()
    }


def loss_of(task: Task, surrogate: str) -> Loss:
    """Return the loss of a task's samples; ``surrogate`` is "own", "squared" or "absolute"."""
    if task.categories:
        return Loss.LOGISTIC
    if surrogate != "own":
        return Loss(surrogate)
    if task.code is not None:
        hint = 'set scores.grad_tag.surrogate to "squared" or "absolute"'
        raise ScoreError(f"the loss of task {task.name} is of its own kind", hint)
    return {"l1": Loss.ABSOLUTE, "mse": Loss.SQUARED}[task.loss]


def numbers(task: Task, output: Tensor, where: Places, image: int) -> list[Tensor]:
    """Return the numbers of one image's places; ``output`` is (C, H, W) or (C,)."""
    part = where.within(image, image + 1)
    labels = where.labels[task.name][part]
    if where.pixel is None:
        columns = output[:, None].expand(-1, len(labels))
    else:
        columns = output.flatten(1)[:, torch.from_numpy(where.pixel[part])]
    if task.is_class:
        return [log_odds(columns[:, i], int(label)) for i, label in enumerate(labels)]
    if task.kind == "binary":
        return [columns[0, i] * (2 * int(label) - 1) for i, label in enumerate(labels)]
    drawn = numpy_stream(_SEED, "channel", task.name, image).integers(0, task.channels, len(labels))
    return [columns[c, i] - float(labels[i, c]) for i, c in enumerate(drawn)]


def log_odds(logits: Tensor, label: int) -> Tensor:
    """Return log(p / (1 − p)) of the label's class under the softmax of ``logits`` (classes,)."""
    others = torch.cat([logits[:label], logits[label + 1 :]])
    return logits[label] - others.logsumexp(0)


def count(samples: Mapping[str, Samples]) -> int:
    """Return the number of gradients behind some samples."""
    return sum(len(one.start) for one in samples.values())
