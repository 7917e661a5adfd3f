"""What the content of a network says about its architecture and its training."""

from __future__ import annotations

from typing import Any

from specbench.nets.cost import VERSION as ARCHITECTURE_VERSION
from specbench.nets.few_pixels import described
from specbench.nets.registry import OWN
from specbench.spec.study import Condition

_READ_ONLY_BY = {
    ("optimizer", "sgd"): ("momentum",),
    ("schedule", "step"): ("step_epochs", "step_factor"),
    ("schedule", "plateau"): ("patience",),
}
"""Training settings that only one choice of another setting reads."""


def network_content(condition: Condition, capacity: float) -> dict[str, Any]:
    """Return the network part of a training job, every default filled in."""
    section = condition.settings.networks
    plain = {
        "version": ARCHITECTURE_VERSION,
        "encoder": section.encoder,
        "width": section.width,
        "features": section.features,
        "decoder_width": section.decoder.width,
        "decoder_blocks": section.decoder.blocks,
        "capacity": capacity,
        "image_size": condition.settings.images.image_size,
    }
    content = described(plain)
    if section.encoder in OWN:
        content["code"] = OWN[section.encoder].origin.content()
    return content


def training_content(condition: Condition) -> dict[str, Any]:
    """Return the training settings without those that optimiser and schedule never read."""
    content = condition.settings.training.model_dump(mode="json")
    unread = [n for (name, word), n in _READ_ONLY_BY.items() if content[name] != word]
    return {name: value for name, value in content.items() if name not in sum(unread, ())}
