"""The network: one shared encoder, one decoder per task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from specbench.nets.conv import conv_encoder
from specbench.nets.conv1d import conv1d_encoder
from specbench.nets.cost import Head, channels_of, encoder_reached, refuse_impossible
from specbench.nets.decoder import make_decoder
from specbench.nets.initial import initialise, widen_first
from specbench.nets.mlp import mlp_encoder
from specbench.nets.registry import OWN
from specbench.nets.resnet import ResNetEncoder
from specbench.nets.swap import take_products
from specbench.nets.xception import xception_encoder

_BUILDERS = {"conv": conv_encoder, "conv1d": conv1d_encoder, "mlp": mlp_encoder}


class Decoders(nn.Module):
    """The decoders by task, in alphabetical order.

    nn.ModuleDict would refuse names such as "type" or "a.b", which users may give to tasks.
    """

    def __init__(self, decoders: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.tasks = tuple(sorted(decoders))
        for task in self.tasks:
            self.add_module(_key(task), decoders[task])

    def __getitem__(self, task: str) -> nn.Module:
        return self.get_submodule(_key(task))

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    def items(self) -> Iterator[tuple[str, nn.Module]]:
        """Iterate over (task, decoder)."""
        return ((task, self[task]) for task in self.tasks)


def _key(task: str) -> str:
    return "of " + task.replace("%", "%25").replace(".", "%2E")


class Network(nn.Module):
    """Hard parameter sharing: every task's decoder reads the same features.

    ``content`` describes encoder and decoders (see ``specbench.nets.cost``); ``heads`` says what
    each task needs; ``in_channels`` counts the sample's and any channels fed beside it. Initial
    weights come from the streams ("init", "encoder", parameter) and ("init", "decoder", task,
    parameter) of ``seed``: two networks of one seed share the encoder's where shapes match (and the
    image's part of a wider first convolution), and a task's decoder is the same in whichever
    network it is. Raises ValueError if it cannot be built.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        heads: Mapping[str, Head],
        seed: int,
        in_channels: int | None = None,
    ) -> None:
        super().__init__()
        refuse_impossible(content)
        own = channels_of(content)
        fed = in_channels or own
        # On the meta device layers are built without drawing from the global random state.
        with torch.device("meta"):
            encoder = make_encoder(content, fed)
            decoders = {task: make_decoder(content, head) for task, head in heads.items()}
        if content.get("products"):
            for part in (encoder, *decoders.values()):
                take_products(part)
        self.encoder = encoder.to_empty(device="cpu")
        self.decoders = Decoders({n: d.to_empty(device="cpu") for n, d in decoders.items()})
        initialise(self.encoder, seed, "init", "encoder")
        if fed != own:
            widen_first(self.encoder, own, fed, seed)
        for task, decoder in self.decoders.items():
            initialise(decoder, seed, "init", "decoder", task)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return each task's output for images (N, C, H, W), sequences (N, C, L) or vectors (N, C).

        Outputs are (N, outputs, H, W), or (N, outputs) for labels of whole samples, normalised as
        the task's labels are, or logits.
        """
        return self.decode(self.encoder(images))

    def decode(self, features: Tensor) -> dict[str, Tensor]:
        """Return each task's output for the encoder's features."""
        return {task: decoder(features) for task, decoder in self.decoders.items()}

    def shared_parameters(self) -> tuple[nn.Parameter, ...]:
        """Return the encoder's parameters, in a fixed order."""
        return tuple(self.encoder.parameters())


def make_encoder(content: Mapping[str, Any], in_channels: int | None = None) -> nn.Module:
    """Return the encoder of ``content`` at its capacity, with PyTorch's own initial weights."""
    name, features = content["encoder"], content["features"]
    channels, fed = encoder_reached(content).channels, in_channels or channels_of(content)
    if name in OWN:
        return OWN[name].thing.build(channels, features, fed)
    if name in _BUILDERS:
        return _BUILDERS[name](channels, features, fed)
    if name.startswith("resnet"):
        return ResNetEncoder(name, channels, features, fed)
    return xception_encoder(name, channels, features, fed)
