"""Encoders of texts: a small transformer, and any pretrained encoder of Hugging Face's form.

Both map pieces (N, 3, L) — tokens, segments, and 1 where there is a piece — to features (N, L, D).
Where there is none, features are 0: heads know padding by that. There is no dropout, so a
training is the same whenever it is done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specbench.errors import TrainingError
from specbench.nets.cost import PRETRAINED
from specbench.nets.text.shape import HEAD_WIDTH, PLACES

SEGMENTS = 2
EXTRA = "specbench[hf]"


class Layer(nn.Module):
    """Attention and a hidden layer, each behind a norm and added to what came in (pre-norm)."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.heads = max(1, features // HEAD_WIDTH)
        self.before = nn.LayerNorm(features)
        self.attend = nn.Linear(features, 3 * features)
        self.joined = nn.Linear(features, features)
        self.between = nn.LayerNorm(features)
        self.widen = nn.Linear(features, hidden)
        self.narrow = nn.Linear(hidden, features)

    def forward(self, features: Tensor, there: Tensor) -> Tensor:
        """Return features (N, L, D) of the same; ``there``, bool (N, 1, 1, L), masks padding."""
        batch, length, width = features.shape
        split = self.attend(self.before(features)).view(batch, length, 3, self.heads, -1)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(queries, keys, values, attn_mask=there)
        features = features + self.joined(found.transpose(1, 2).reshape(batch, length, width))
        hidden = F.gelu(self.widen(self.between(features)))
        return features + self.narrow(hidden)  # type: ignore[no-any-return]


class Transformer(nn.Module):
    """Vaswani et al. 2017 (arXiv 1706.03762) with norms first and learnt positions."""

    def __init__(
        self, channels: Sequence[int], features: int, vocabulary: int, length: int
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, features)
        self.places = nn.Embedding(length, features)
        self.segments = nn.Embedding(SEGMENTS, features)
        self.layers = nn.ModuleList(Layer(features, hidden) for hidden in channels)
        self.last = nn.LayerNorm(features)

    def forward(self, pieces: Tensor) -> Tensor:
        """Return features (N, L, D) of pieces (N, 3, L)."""
        tokens, segments, there = pieces.unbind(1)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        features = self.tokens(tokens) + self.places(places) + self.segments(segments)
        known = there.bool()
        for layer in self.layers:
            features = layer(features, known[:, None, None])
        found: Tensor = self.last(features) * known[:, :, None]
        return found


class Pretrained(nn.Module):
    """A pretrained encoder, as its own library computes it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.segmented = getattr(model.config, "type_vocab_size", 1) > 1

    def forward(self, pieces: Tensor) -> Tensor:
        """Return the last hidden states (N, L, D) of pieces (N, 3, L)."""
        tokens, segments, there = pieces.unbind(1)
        told = {"token_type_ids": segments} if self.segmented else {}
        found = self.model(input_ids=tokens, attention_mask=there, **told).last_hidden_state
        return found * there[:, :, None]  # type: ignore[no-any-return]


def text_encoder(content: Mapping[str, Any], channels: Sequence[int]) -> nn.Module:
    """Return the encoder of a network's ``content``; a pretrained one has its weights already."""
    if content["encoder"] == PRETRAINED:
        return Pretrained(_model(content["model"]))
    texts = content["texts"]
    return Transformer(channels, content["features"], texts["vocabulary"], texts["length"])


def _model(model: Mapping[str, Any]) -> nn.Module:
    folder = PLACES.get(model["sha"])
    if not folder:
        raise TrainingError(f"the pretrained encoder {model['name'] or model['sha']} is not here")
    try:
        library: Any = import_module("transformers")
    except ImportError as error:
        raise TrainingError(
            "a pretrained encoder needs the package transformers", f"pip install '{EXTRA}'"
        ) from error
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    config = library.AutoConfig.from_pretrained(folder, local_files_only=True)
    for name in [one for one in vars(config) if "dropout" in one]:
        if isinstance(getattr(config, name), float):
            setattr(config, name, 0.0)
    with torch.device("cpu"):
        found: nn.Module = library.AutoModel.from_pretrained(
            folder, config=config, local_files_only=True, dtype=torch.float32
        )
    # What pools for the objective it was trained on takes no part in the features.
    if getattr(found, "pooler", None) is not None:
        found.pooler = None  # type: ignore[assignment]
    return found.requires_grad_(True)
