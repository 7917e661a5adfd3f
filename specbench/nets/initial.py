"""Initial weights, each drawn from its own stream, so that networks of one seed share them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from specbench.seeding import seed_for

_WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Linear)
_NORMS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm)


def initialise(module: nn.Module, seed: int, *names: str) -> None:
    """Set every parameter and buffer of ``module``; the stream of one is (*names, its name).

    Weights are normal with variance 2 / (inputs of one output value), He et al. 2015 (arXiv
    1502.01852); a layer with a bias gets half of that, since here no ReLU follows one.
    Normalisations start as the identity, biases at zero; vectors of an embedding have a length of
    about 1. No global random state is read or moved.
    TypeError for a layer whose parameters or buffers no rule covers: it would start from whatever
    is in memory.
    """
    with torch.no_grad():
        for path, part in module.named_modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.reset_running_stats()
            elif any(True for _ in part.buffers(recurse=False)):
                raise TypeError(f"no rule for the buffers of {_called(path, part)}")
            for kind, parameter in part.named_parameters(recurse=False):
                name = f"{path}.{kind}" if path else kind
                _fill(part, path, kind, parameter, seed_for(seed, *names, name))


def widen_first(encoder: nn.Module, own: int, in_channels: int, seed: int) -> None:
    """Set the first layer of an encoder that is fed channels beside the ``own`` ones of a sample.

    Its weights for the sample are those of the encoder that sees the sample alone: the same stream,
    scaled by the sample's inputs. Those for the further channels come from the stream ("init",
    "injected", name) and are scaled by their own inputs. So it starts as that encoder's first
    layer plus one of its own over the further channels.
    """
    for path, part in encoder.named_modules():
        if isinstance(part, _WEIGHTED) and _inputs_of(part) == in_channels:
            outputs, _, *kernel = part.weight.shape
            sample = torch.empty(outputs, own, *kernel)
            further = torch.empty(outputs, in_channels - own, *kernel)
            for piece, names in ((sample, ("encoder",)), (further, ("injected",))):
                generator = torch.Generator().manual_seed(
                    seed_for(seed, "init", *names, f"{path}.weight")
                )
                inputs = piece[0].numel()
                piece.normal_(generator=generator).mul_(math.sqrt(2 / inputs))
            with torch.no_grad():
                part.weight.copy_(torch.cat([sample, further], dim=1))
            return
    raise ValueError(f"no layer of {in_channels} channels to begin with")


def _inputs_of(part: nn.Conv1d | nn.Conv2d | nn.Linear) -> int:
    return part.in_features if isinstance(part, nn.Linear) else part.in_channels


def _fill(part: nn.Module, path: str, kind: str, parameter: Tensor, seed: int) -> None:
    if kind == "bias":
        parameter.zero_()
    elif isinstance(part, _NORMS):
        parameter.fill_(1)
    elif isinstance(part, nn.Embedding):
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.empty(parameter.shape).normal_(generator=generator)
        parameter.copy_(drawn / math.sqrt(part.embedding_dim))
    else:
        inputs = _inputs(part, path)
        gain = 1.0 if part.bias is not None else 2.0
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.empty(parameter.shape).normal_(generator=generator)
        parameter.copy_(drawn * math.sqrt(gain / inputs))


def _inputs(part: nn.Module, path: str) -> float:
    """Return how many values one output value of a layer is the weighted sum of."""
    if isinstance(part, nn.Linear):
        return part.in_features
    if isinstance(part, nn.ConvTranspose2d):
        return part.in_channels * math.prod(part.kernel_size) / math.prod(part.stride)
    if isinstance(part, (nn.Conv1d, nn.Conv2d)):
        return part.in_channels / part.groups * math.prod(part.kernel_size)
    raise TypeError(f"no rule for the initial weights of {_called(path, part)}")


def _called(path: str, part: nn.Module) -> str:
    return f"{type(part).__name__} ('{path}'); convolutions, linear layers and norms have one"
