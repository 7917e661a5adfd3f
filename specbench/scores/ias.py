"""IAS, input attribution similarity: do two single-task nets look at the same parts of an image?

Azorin et al. 2023 (arXiv 2301.02873), with InputXGradient as the attribution (Shrikumar et al.
2016, arXiv 1605.01713).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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

if TYPE_CHECKING:
    from torch import Tensor

    from specbench.nets.network import Network
    from specbench.scores.passes import Collector
    from specbench.tasks.catalogue import Task
    from specbench.tasks.labels import Label

_PASSES = 3
"""Forward passes that one attribution is worth: forward, and backward to the input."""


class InputAttributionSimilarity(Score):
    """Mean over probe images of the cosine between the attributions of two single-task nets.

    An attribution is gradient × input as the net sees it, of the sum of the net's outputs over the
    task's valid pixels; for classes, of the logits of the predicted classes (binary: the log-odds
    in favour of the predicted answer). An image on which one
    of the attributions vanishes does not count.
    """

    name: ClassVar = "ias"
    title: ClassVar = "input attribution similarity"
    family: ClassVar = "single-task nets"
    symmetric: ClassVar = True
    needs: ClassVar = Needs.HALF_SINGLES
    version: ClassVar = 1
    source: ClassVar = "Azorin et al. 2023, arXiv 2301.02873"
    cost: ClassVar = "n"
    form: ClassVar = "gradient × input; cosine, mean over images"
    passes: ClassVar = _PASSES
    images_only: ClassVar = True
    Settings: ClassVar = ProbeSettings

    def compute(self, inputs: ScoreInputs) -> Scored:
        """Attribute every probe image under every net; one pass over the images."""
        import torch

        from specbench.scores.passes import PASSES
        from specbench.scores.probe import (
            forward_macs,
            load_nets,
            probe_batches,
            probe_images,
            training_macs,
        )

        nets, tasks = load_nets(inputs), dict(sorted(inputs.tasks.items()))
        taken = {name: PASSES.collector(inputs) for name in tasks}
        images = probe_images(inputs, tasks)
        total = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
        count = torch.zeros_like(total)
        for batch in probe_batches(images, inputs):
            maps = [
                attribution(nets[name], task, batch.images, batch.labels[name], taken[name])
                for name, task in tasks.items()
            ]
            cosine = pairwise_cosine(torch.stack(maps)).double().cpu()
            count += cosine.isfinite().sum(0)
            total += cosine.nan_to_num(0).sum(0)
        for name, collector in taken.items():
            if (features := collector.features()) is not None:
                PASSES.keep(inputs, name, features, collector.seconds)
        place = {name: index for index, name in enumerate(tasks)}
        # Of the two roundings of a cosine the first serves both: some processors' products differ.
        pairs = {}
        for a, b in ordered_pairs(tasks):
            at = min(place[a], place[b]), max(place[a], place[b])
            pairs[a, b] = _mean(float(total[at]), int(count[at]))
        probing = _PASSES * len(images) * forward_macs(inputs.networks)
        return Scored(pairs, training_macs(inputs.networks) + probing, len(images))


def attribution(
    net: Network, task: Task, images: Tensor, label: Label, taken: Collector | None = None
) -> Tensor:
    """Return gradient × input of a net's summed outputs, (N, input values), float32.

    ``taken`` takes the features on the way.
    """
    import torch

    seen = images.detach().clone().requires_grad_(True)
    outputs = net(seen) if taken is None else net.decode(taken.encode(net, seen))
    output = outputs[task.name].float()
    if task.is_class:
        output = output.amax(dim=1, keepdim=True)
    elif task.kind == "binary":
        output = output.abs()
    valid = label.valid[:, None].expand_as(output) if output.dim() > 2 else label.valid[:, None]
    (gradient,) = torch.autograd.grad((output * valid).sum(), seen)
    return (gradient * seen.detach()).flatten(1)


def pairwise_cosine(maps: Tensor) -> Tensor:
    """Return cosines (N, tasks, tasks) of maps (tasks, N, values); NaN where a map is zero."""
    import torch

    norms = maps.norm(dim=2, keepdim=True)
    unit = torch.where(norms > 0, maps / norms, torch.nan)
    return torch.einsum("anv,bnv->nab", unit, unit)


def _mean(total: float, count: int) -> PairScore:
    if count == 0:
        return PairScore(None, State.UNDEFINED, "an attribution vanishes on every probe image")
    return PairScore(total / count)
