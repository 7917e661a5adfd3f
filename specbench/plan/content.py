"""What the content of a network says about its architecture and its training."""

from __future__ import annotations

from typing import Any

from specbench.nets.cost import VERSION as ARCHITECTURE_VERSION
from specbench.nets.few_pixels import described
from specbench.nets.registry import OWN
from specbench.spec.study import Condition
from specbench.spec.table_models import TableData

_READ_ONLY_BY = {
    ("optimizer", "sgd"): ("momentum",),
    ("schedule", "step"): ("step_epochs", "step_factor"),
    ("schedule", "plateau"): ("patience",),
}
"""Training settings that only one choice of another setting reads."""


def network_content(
    condition: Condition, capacity: float, shape: tuple[int, int] | None = None
) -> dict[str, Any]:
    """Return the network part of a training job, every default filled in.

    ``shape`` is that of the samples, channels and length, where they are no images.
    """
    section = condition.settings.networks
    plain: dict[str, Any] = {
        "version": ARCHITECTURE_VERSION,
        "encoder": section.encoder,
        "width": section.width,
        "features": section.features,
        "capacity": capacity,
    }
    if shape is not None:
        plain |= {"inputs": shape[0], "length": shape[1]}
    else:
        plain |= {
            "decoder_width": section.decoder.width,
            "decoder_blocks": section.decoder.blocks,
            **image_size(condition.settings.data),
        }
    content = described(plain)
    if section.encoder in OWN:
        content["code"] = OWN[section.encoder].origin.content()
    return content


def image_size(data: Any) -> dict[str, int]:
    """Return the side of the images as content; nothing where samples are no images."""
    return {} if isinstance(data, TableData) else {"image_size": data.image_size}


def training_content(condition: Condition) -> dict[str, Any]:
    """Return the training settings without those that optimiser and schedule never read."""
    content = condition.settings.training.model_dump(mode="json")
    unread = [n for (name, word), n in _READ_ONLY_BY.items() if content[name] != word]
    return {name: value for name, value in content.items() if name not in sum(unread, ())}
