"""Task2Vec: which filters of a net matter to a task, as a vector; are two tasks' vectors alike?

Achille et al. 2019 (arXiv 1902.03545).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from specbench.scores.contract import (
    Needs,
    PairScore,
    ProbeSettings,
    Score,
    Scored,
    ScoreInputs,
    State,
    ordered_pairs,
)
from specbench.seeding import seed_for

if TYPE_CHECKING:
    from torch import Tensor

    from specbench.nets.network import Network
    from specbench.tasks.catalogue import Task

Array = npt.NDArray[np.float64]

_PASSES = 3
"""Forward passes that one gradient is worth: forward, and backward to the weights."""
_SAMPLE_SEED = 0


class Task2Vec(Score):
    """Cosine of the normalised diagonal Fisher information of two tasks' probe nets.

    The probe net of a task is its half-capacity single net; the nets of one seed have one
    architecture, initial encoder and order of images. (The paper has one pretrained net and fits
    its last layer to each task; a study has no such net.) Of every convolution of the encoder the
    Fisher information F of the weights is averaged over a filter, and over probe images; labels
    are drawn from what the net predicts: classes from its softmax, binary answers from its
    sigmoid, numbers from a normal distribution of variance 1 around its output. Each F is divided
    by its mean, so that neither units nor losses matter; then the score is
    cos(F_a / (F_a + F_b), F_b / (F_a + F_b)), one minus
    the paper's symmetric distance. Filters that matter to neither are left out.
    """

    name: ClassVar = "task2vec"
    title: ClassVar = "cosine of Fisher embeddings"
    family: ClassVar = "single-task nets"
    symmetric: ClassVar = True
    needs: ClassVar = Needs.HALF_SINGLES
    version: ClassVar = 1
    source: ClassVar = "Achille et al. 2019, arXiv 1902.03545"
    cost: ClassVar = "n"
    form: ClassVar = "probe net: the task's single net; sampled labels; filters of the encoder"
    Settings: ClassVar = ProbeSettings

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Take one gradient of every net at every probe image."""
        from specbench.data.ids import read_ids
        from specbench.scores.probe import (
            forward_macs,
            load_nets,
            probe_batches,
            probe_images,
            training_macs,
        )

        tasks = dict(sorted(inputs.tasks.items()))
        ids = read_ids(inputs.data["ids"] / f"{inputs.settings.split}.ids")
        nets, images = load_nets(inputs), probe_images(inputs, tasks)
        totals = {name: np.zeros(0) for name in tasks}
        start = 0
        for batch in probe_batches(images, inputs):
            for name, task in tasks.items():
                for i in range(len(batch.images)):
                    seed = seed_for(_SAMPLE_SEED, "task2vec", name, ids[start + i])
                    valid = batch.labels[name].valid[i : i + 1]
                    found = fisher(nets[name], task, batch.images[i : i + 1], valid, seed)
                    totals[name] = found if not totals[name].size else totals[name] + found
            start += len(batch.images)
        pairs = {
            (a, b): _score(totals[min(a, b)], totals[max(a, b)]) for a, b in ordered_pairs(tasks)
        }
        probing = _PASSES * len(images) * forward_macs(inputs.networks)
        return Scored(pairs, training_macs(inputs.networks) + probing, len(images))


def fisher(net: Network, task: Task, image: Tensor, valid: Tensor, seed: int) -> Array:
    """Return the squared gradient of log p(y | image), a mean for each filter of the encoder.

    ``image`` is (1, 3, H, W); y is drawn from the net's prediction at the ``valid`` pixels.
    """
    import torch

    weights = [p.requires_grad_(True) for p in net.encoder.parameters() if p.dim() > 1]
    output = net(image)[task.name].float()
    score = (drawn_score(task, output.detach(), seed) * _like(valid, output)).to(output.dtype)
    gradients = torch.autograd.grad(output, weights, score)
    means = [gradient.double().square().flatten(1).mean(1) for gradient in gradients]
    return np.asarray(torch.cat(means).cpu().numpy())


def drawn_score(task: Task, output: Tensor, seed: int) -> Tensor:
    """Return ∂ log p(y | output) / ∂ output at a drawn y, of the output's shape.

    Classes: one-hot(y) − softmax; binary: y − sigmoid; numbers: y − output, standard normal.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    if task.kind == "binary":
        chance = output.sigmoid().cpu()
        return (torch.bernoulli(chance, generator=generator) - chance).to(output.device)
    if not task.is_class:
        return torch.randn(output.shape, generator=generator).to(output.device)
    chances = output.softmax(1).movedim(1, -1).cpu()
    flat = chances.reshape(-1, chances.shape[-1])
    classes = torch.multinomial(flat, 1, generator=generator)
    difference = (torch.zeros_like(flat).scatter_(1, classes, 1) - flat).reshape(chances.shape)
    return difference.movedim(-1, 1).to(output.device)


def _like(valid: Tensor, output: Tensor) -> Tensor:
    return valid[:, None].expand_as(output)


def similarity(one: Array, two: Array) -> float:
    """Return cos(F / (F + G), G / (F + G)) of Fisher diagonals brought to mean 1; NaN if one is 0.

    1 for vectors that are multiples of each other, 0 for those without a common filter.
    """
    if not one.any() or not two.any():
        return np.nan
    one, two = one / one.mean(), two / two.mean()
    matters = one + two > 0
    one, two = one[matters], two[matters]
    one, two = one / (one + two), two / (one + two)
    return float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two)))


def _score(one: Array, two: Array) -> PairScore:
    value = similarity(one, two)
    if np.isnan(value):
        return PairScore(None, State.UNDEFINED, "no filter of a net matters to its task")
    return PairScore(value)
