"""What the scores of single-task nets share: the probe images, the nets, and what both cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specbench.nets.network import Network
from specbench.scores.contract import ProbeSettings, ScoreInputs, Trained
from specbench.tasks.catalogue import Task
from specbench.training.images import Batch, First, Images, open_split
from specbench.training.weights import load_network

BATCH = 32


def probe_images(inputs: ScoreInputs, tasks: Mapping[str, Task]) -> Images:
    """Return the probe images with the labels of ``tasks``: the first of the split's fixed order.

    Fewer than asked for where the split has fewer; ``len`` tells.
    """
    settings: ProbeSettings = inputs.settings
    data = open_split(tasks, inputs.data, settings.split, inputs.input)
    return Images(First(data, settings.images), tasks, inputs.device, source=inputs.input)


def probe_batches(images: Images, inputs: ScoreInputs) -> Iterator[Batch]:
    """Iterate over the probe images, reporting progress."""
    done = 0
    for batch in images.batches(BATCH):
        yield batch
        done += len(batch.images)
        inputs.report({"done": done, "total": len(images)})


def load_nets(inputs: ScoreInputs) -> dict[str, Network]:
    """Return the single-task nets in evaluation mode, alphabetically by task, all float32."""
    return {task: load_net(inputs, task) for task in sorted(inputs.networks)}


def load_net(inputs: ScoreInputs, name: str) -> Network:
    """Return one of the nets in evaluation mode, float32, its weights not to be derived by."""
    trained = inputs.networks[name]
    return load_network(trained.content, trained.weights, inputs.device).requires_grad_(False)


def training_macs(networks: Mapping[str, Trained]) -> float:
    """Return the multiply-adds of training the networks, what a score costs before it starts."""
    return float(sum(trained.result["training_macs"] for trained in networks.values()))


def forward_macs(networks: Mapping[str, Trained], *, encoder_only: bool = False) -> float:
    """Return the multiply-adds of one image through every network (or only its encoder)."""
    part = "encoder_macs" if encoder_only else "macs"
    return float(sum(trained.result[part] for trained in networks.values()))
