"""A task's ground truth as further input channels of a network: label injection.

Azorin et al. 2023 (arXiv 2301.02873) feed a partner's label to a target's single-task network and
leave open how. Here the channels are the label as a network of the partner would be asked for it:
normalised values, or one channel a class; and one more channel that is 1 where the label is valid.
Where it is not, all of them are 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from specbench.nets.cost import channels_of
from specbench.tasks.catalogue import Task

if TYPE_CHECKING:
    from torch import Tensor

    from specbench.tasks.labels import Label


def injected_channels(partner: Task) -> int:
    """Return how many channels the partner's label is fed as: its own, and where it is valid."""
    return partner.outputs + 1


def partner_of(content: Mapping[str, Any]) -> Task | None:
    """Return the task whose ground truth a network's content has it fed, if any."""
    injected = content.get("injected")
    return Task.from_content(injected) if injected else None


def input_channels(content: Mapping[str, Any]) -> int:
    """Return how many channels the network of a content is fed."""
    partner = partner_of(content)
    own = channels_of(content.get("network", {}))
    return own + (injected_channels(partner) if partner else 0)


def as_channels(partner: Task, label: Label, *place: int) -> Tensor:
    """Return the label as (N, ``injected_channels``, ``*place``), float32.

    ``place`` is what a channel of the input spans: height and width of an image, the length of a
    sequence, nothing for a vector. The label of a whole sample is the same everywhere.
    """
    import torch
    from torch.nn import functional as F

    value, valid = label.value, label.valid
    if not partner.dense:
        value, valid = (
            part.view(*part.shape, *(1 for _ in place)).expand(*part.shape, *place)
            for part in label
        )
    if partner.is_class:
        value = F.one_hot(value, partner.classes).movedim(-1, 1)
    known = valid[:, None].bool()
    # not a product: 0 times an infinite label would be NaN
    return torch.cat([torch.where(known, value.float(), 0.0), known.float()], dim=1)
