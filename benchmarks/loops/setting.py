"""What all loops of benchmarks/training.py train: the same network, tasks, images and epochs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hills import TASKS, Hills

from specbench.nets.architecture import ENCODERS
from specbench.nets.cost import VERSION
from specbench.nets.products import described
from specbench.tasks.catalogue import CATALOGUE, Task
from specbench.testing.traces import TRAINING


@dataclass(frozen=True)
class Setting:
    """One training; ``device`` is `cpu` or `cuda`."""

    tasks: int = 2
    encoder: str = "resnet18"
    size: int = 64
    images: int = 256
    epochs: int = 2
    batch: int = 32
    precision: str = "fp32"
    device: str = "cpu"
    seed: int = 0
    decoder_width: int = 0
    """Channels of a decoder's first block; 0 for what the encoder has by default."""

    def catalogue(self) -> dict[str, Task]:
        """Return the tasks, in alphabetical order; nothing is masked, every pixel counts."""
        named = {name: CATALOGUE[name] for name in sorted(TASKS[: self.tasks])}
        plain = {"masked": False, "metrics": ("l1",)}
        return {name: dataclasses.replace(task, **plain) for name, task in named.items()}

    def plain(self) -> dict[str, Any]:
        """Return the content with PyTorch's own convolutions throughout, as others have them."""
        content = self.content()
        return {**content, "network": without_products(content["network"])}

    def content(self, names: Sequence[str] = (), capacity: float = 1.0) -> dict[str, Any]:
        """Return the content of a network's job: of all tasks, or of those named."""
        kind = ENCODERS[self.encoder]
        training = {
            **TRAINING,
            "epochs": self.epochs,
            "batch_size": self.batch,
            "optimizer": "adamw",
            "learning_rate": 1e-3,
            "precision": self.precision,
            "flip": False,
        }
        del training["momentum"]
        network = {
            "version": VERSION,
            "encoder": self.encoder,
            "width": kind.width,
            "features": kind.features,
            "decoder_width": self.decoder_width or kind.decoder_width,
            "decoder_blocks": 4,
            "capacity": capacity,
            "image_size": self.size,
        }
        return {
            "seed": self.seed,
            "data": {"input": "rgb"},
            "tasks": {
                name: task.content()
                for name, task in self.catalogue().items()
                if not names or name in names
            },
            "network": described(network),
            "injected": "",
            "training": training,
        }

    def hills(self, split: str) -> Hills:
        """Return the images of ``train`` or ``val``."""
        count = self.images if split == "train" else max(self.batch, self.images // 8)
        return Hills(count, self.size, {"train": 1, "val": 2}[split])


def without_products(network: dict[str, Any]) -> dict[str, Any]:
    """Return the network part of a content without ``products`` (specbench.nets.products)."""
    return {name: value for name, value in network.items() if name != "products"}


class Found(NamedTuple):
    """What a training of a loop came to."""

    images: int
    """Images trained on."""
    seconds: float
    """Of the whole training, validation after each epoch included."""
    loss: float
    """Sum of the tasks' validation losses after the last epoch."""
