"""Trained weights as files, and networks read back from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from specbench.errors import TrainingError
from specbench.nets.network import Network
from specbench.tasks.catalogue import Task
from specbench.tasks.inject import input_channels

State = dict[str, Tensor]


def tasks_of(content: Mapping[str, Any]) -> dict[str, Task]:
    """Return the tasks of a network's content, in alphabetical order."""
    return {name: Task.from_content(content["tasks"][name]) for name in sorted(content["tasks"])}


def source_of(content: Mapping[str, Any]) -> str:
    """Return the domain that the network of a content is fed."""
    return str(content["data"].get("input", "rgb"))


def make_network(content: Mapping[str, Any]) -> Network:
    """Return the untrained network of a network's content, on the CPU."""
    tasks, seed = tasks_of(content), int(content["seed"])
    return Network(content["network"], tasks, seed, input_channels(content))


def take_encoder(network: Network, start: State) -> None:
    """Give a network the encoder of the weights ``start``.

    Raises TrainingError where they are those of another encoder.
    """
    own = "encoder."
    state = {name[len(own) :]: value for name, value in start.items() if name.startswith(own)}
    try:
        network.encoder.load_state_dict(state)
    except RuntimeError as error:
        raise TrainingError(f"the encoder to start from is another: {error}") from error


def copy_state(network: torch.nn.Module) -> State:
    """Return a copy on the CPU of every parameter and buffer, by name."""
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


def save_weights(path: Path, state: State) -> None:
    """Write the weights to ``path``."""
    torch.save(state, path)


def load_weights(path: Path, device: str | torch.device = "cpu") -> State:
    """Read weights that ``save_weights`` wrote; no code in the file is run."""
    state: State = torch.load(path, map_location=device, weights_only=True)
    return state


def load_network(
    content: Mapping[str, Any], path: Path, device: str | torch.device = "cpu"
) -> Network:
    """Return the network of a job's ``content`` with the weights at ``path``, in evaluation mode.

    Its weights are float32 on ``device``, in channels-last order where it was trained so.
    """
    network = make_network(content)
    network.load_state_dict(load_weights(path))
    if content["training"].get("channels_last", True):
        network.to(memory_format=torch.channels_last)
    return network.to(device).eval()
