from collections.abc import Callable
from typing import Any

import pytest

from specbench.nets.architecture import ENCODERS
from specbench.nets.cost import VERSION


@pytest.fixture
def describe() -> Callable[..., dict[str, Any]]:
    """Return a function that describes a network of an encoder's own defaults."""

    def content(encoder: str = "conv", **changed: Any) -> dict[str, Any]:
        kind = ENCODERS[encoder]
        return {
            "encoder": encoder,
            "width": kind.width,
            "features": kind.features,
            "decoder_width": kind.decoder_width,
            "decoder_blocks": 4,
            "capacity": 1.0,
            "image_size": 64,
            "version": VERSION,
            **changed,
        }

    return content
