"""What the content of a network says about its architecture and its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specbench.nets.cost import VERSION as ARCHITECTURE_VERSION
from specbench.nets.products import described
from specbench.nets.registry import OWN
from specbench.spec.study import Condition
from specbench.spec.table_models import TableData
from specbench.training.methods.candidates import resolved
from specbench.training.methods.catalogue import EQUAL, IT_MTL, METHODS

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


def training_content(condition: Condition, group: Sequence[str]) -> dict[str, Any]:
    """Return the training settings of a group's network without those that it never reads."""
    content = condition.settings.training.model_dump(mode="json")
    content |= _method_content(content["method"], content.pop("method_settings"), group)
    unread = [n for (name, word), n in _READ_ONLY_BY.items() if content[name] != word]
    return {name: value for name, value in content.items() if name not in sum(unread, ())}


def _method_content(
    name: str, tables: Mapping[str, Mapping[str, Any]], group: Sequence[str]
) -> dict[str, Any]:
    """Return the method that trains a group's network, with its version and settings.

    A network of one task has no losses to combine. It is trained by `equal` under every method, so
    that all of them share it.
    """
    if name == EQUAL or len(group) == 1:
        return {"method": EQUAL}
    method = METHODS[name]
    settings = method.with_defaults(tables.get(name, {}))
    if name == IT_MTL:
        settings["candidates"] = resolved(settings["candidates"], group, tables)
    return {"method": name, "method_version": method.version, "method_settings": settings}
