"""What a trace costs, in multiply-adds for one image of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specbench.nets.cost import encoder_macs, network_macs
from specbench.tasks.catalogue import Task
from specbench.training.traces.probe import Probe


def gradient_macs(network: Mapping[str, Any], tasks: Sequence[Task]) -> int:
    """Return the cost of all tasks' losses and gradients by the shared parameters.

    One forward pass; for every task a backward pass through its decoder to the features, and one
    through the encoder to features and weights.
    """
    encoder, decoders = encoder_macs(network), _decoders(network, tasks)
    return encoder + decoders + decoders + 2 * encoder * len(tasks)


def look_ahead_macs(network: Mapping[str, Any], tasks: Sequence[Task], probe: Probe) -> int:
    """Return the cost of the look-aheads of ``probe``, all kinds together.

    For every set of tasks a forward pass of the encoder and of the decoders whose loss is read.
    """
    sets, each = probe.sets(len(tasks)), [_decoders(network, [task]) for task in tasks]
    read = sum(each[number] for one in sets for number in probe.targets(one, len(tasks)))
    return (encoder_macs(network) * len(sets) + read) * len(probe.look_aheads)


def _decoders(network: Mapping[str, Any], tasks: Sequence[Task]) -> int:
    return network_macs(network, tasks) - encoder_macs(network)
