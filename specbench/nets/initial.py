"""Initial weights, each drawn from its own stream, so that networks of one seed share them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from specbench.seeding import seed_for


def initialise(module: nn.Module, seed: int, *names: str) -> None:
    """Set every parameter and buffer of ``module``; the stream of one is (*names, its name).

    Weights are normal with variance 2 / (inputs of one output value), He et al. 2015 (arXiv
    1502.01852); a layer with a bias gets half of that, since here no ReLU follows one.
    Batch norms start as the identity, biases at zero. No global random state is read or moved.
    """
    with torch.no_grad():
        for path, part in module.named_modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.reset_running_stats()
            for kind, parameter in part.named_parameters(recurse=False):
                name = f"{path}.{kind}" if path else kind
                _fill(part, kind, parameter, seed_for(seed, *names, name))


def _fill(part: nn.Module, kind: str, parameter: Tensor, seed: int) -> None:
    if kind == "bias":
        parameter.zero_()
    elif isinstance(part, nn.modules.batchnorm._BatchNorm):
        parameter.fill_(1)
    else:
        gain = 1.0 if part.bias is not None else 2.0
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.empty(parameter.shape).normal_(generator=generator)
        parameter.copy_(drawn * math.sqrt(gain / _inputs(part)))


def _inputs(part: nn.Module) -> float:
    """Return how many values one output value of a layer is the weighted sum of."""
    if isinstance(part, nn.Linear):
        return part.in_features
    if isinstance(part, nn.ConvTranspose2d):
        return part.in_channels * math.prod(part.kernel_size) / math.prod(part.stride)
    if isinstance(part, nn.Conv2d):
        return part.in_channels / part.groups * math.prod(part.kernel_size)
    raise TypeError(f"no rule for the initial weights of {type(part).__name__}")
