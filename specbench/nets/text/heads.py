"""Heads on features of texts: one linear layer each, as Padmakumar et al. 2022 have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from specbench.nets.cost import Head


class TextHead(nn.Module):
    """A linear layer on a text's features: those of its first piece, or their mean."""

    def __init__(self, features: int, outputs: int, pooling: str) -> None:
        super().__init__()
        self.linear = nn.Linear(features, outputs)
        self.pooling = pooling

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, outputs) of features (N, L, D)."""
        return self.linear(self.reads(features))  # type: ignore[no-any-return]

    def reads(self, features: Tensor) -> Tensor:
        """Return what the linear layer reads, (N, D)."""
        if self.pooling == "first":
            return features[:, 0]
        there = _there(features)
        return features.sum(1) / there.sum(1, keepdim=True).clamp(min=1)


class PieceHead(nn.Module):
    """A linear layer at every piece: tags of words, or where an answer begins and ends."""

    def __init__(self, features: int, outputs: int, *, masked: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(features, outputs)
        self.masked = masked
        """Whether outputs are compared between pieces, so that padding must come last."""

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, outputs, L) of features (N, L, D)."""
        found: Tensor = self.linear(features).transpose(1, 2)
        if not self.masked:
            return found
        lowest = torch.finfo(found.dtype).min / 2
        return torch.where(_there(features)[:, None], found, lowest)


def _there(features: Tensor) -> Tensor:
    """Return where there is a piece, bool (N, L): features of padding are 0."""
    return (features != 0).any(2)


def text_head(content: Mapping[str, Any], head: Head) -> nn.Module:
    """Return the head of a task in a network of texts."""
    features = int(content["features"])
    if not head.dense:
        return TextHead(features, head.outputs, content["texts"]["pooling"])
    return PieceHead(features, head.outputs, masked=getattr(head, "kind", "") == "span")
