"""The encoders of the user's code that is loaded, beside those built in."""

from __future__ import annotations

from collections.abc import Mapping

from specbench.nets.architecture import BUILT_IN, ENCODERS
from specbench.nets.cost import forget_counts
from specbench.nets.encoder import Encoder
from specbench.origin import Own

OWN: dict[str, Own[Encoder]] = {}
"""By name; their descriptions are in ``ENCODERS`` too."""


def install(encoders: Mapping[str, Own[Encoder]]) -> None:
    """Make these the user's encoders, in place of those before."""
    OWN.clear()
    OWN.update(encoders)
    ENCODERS.clear()
    ENCODERS.update({**BUILT_IN, **{n: own.thing.architecture for n, own in encoders.items()}})
    forget_counts()
