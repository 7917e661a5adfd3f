"""What a step of training costs under each method, in multiply-adds for one image.

Light: planning a study reads this file and loads no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specbench.nets.capacity import IMAGE_CHANNELS
from specbench.nets.cost import TRAINING_PASSES, Head, encoder_macs, network_macs
from specbench.training.methods.candidates import MEAN
from specbench.training.methods.catalogue import IT_MTL, METHODS, Reads


def step_macs(
    network: Mapping[str, Any],
    heads: Sequence[Head],
    training: Mapping[str, Any],
    in_channels: int = IMAGE_CHANNELS,
    *,
    frozen: bool = False,
) -> int:
    """Return the cost of one step on one image, for the contents of a network and its training.

    Losses joined into one: a forward pass, and two more for the backward pass. Gradients apart: the
    part of the backward pass in the encoder once a task. FAMO adds a forward pass, GradNorm a
    backward pass of every decoder to the features, `it_mtl` a forward pass before and one for every
    candidate. Where the encoder is ``frozen`` the backward pass ends in the decoders.
    """
    forward, encoder = network_macs(network, heads, in_channels), encoder_macs(network, in_channels)
    decoders, method = forward - encoder, str(training.get("method", "equal"))
    if frozen:
        return forward + (TRAINING_PASSES - 1) * decoders
    joint = TRAINING_PASSES * forward
    apart = forward + (TRAINING_PASSES - 1) * (decoders + len(heads) * encoder)
    if METHODS[method].reads is Reads.GRADIENTS:
        return apart
    if method == IT_MTL:
        candidates = training["method_settings"]["candidates"]
        looks = len(candidates) + 1 if len(candidates) > 1 else 0
        alone = candidates == [{"method": MEAN}]
        return (joint if alone else apart) + looks * forward
    return joint + {"famo": forward, "gradnorm": decoders}.get(method, 0)
