"""Encoders of the user's: instances of ``Encoder`` in ``ENCODERS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specbench.nets.architecture import BUILT_IN, Architecture, Convolution
from specbench.nets.capacity import IMAGE_CHANNELS
from specbench.nets.encoder import Encoder
from specbench.nets.registry import install
from specbench.origin import Origin, Own
from specbench.usercode.kind import Kind, wrong_fields

_FIELDS = {"name": str, "version": int, "architecture": Architecture}


class UserEncoders(Kind):
    """Named by ``networks.encoder``."""

    variable = "ENCODERS"
    word = "encoder"
    taken = frozenset(BUILT_IN)

    def complaint(self, thing: Any) -> str:
        """Return what an encoder lacks; its convolutions are listed once, at capacity 1."""
        if not isinstance(thing, Encoder):
            return (
                f"ENCODERS holds {thing!r}, which is no instance of specbench.nets.encoder.Encoder"
            )
        wrong = wrong_fields(thing, _FIELDS)
        if not wrong and not callable(thing.build):
            wrong = f"Encoder.build = {thing.build!r}: it should be a function"
        return wrong or _units_complaint(thing)

    def install(self, things: Mapping[str, Any], sha: str) -> None:
        """Put the encoders beside those built in."""
        install({n: Own(encoder, Origin(encoder.version, sha)) for n, encoder in things.items()})


def _units_complaint(encoder: Encoder) -> str:
    known = encoder.architecture
    units = known.units(known.channels(known.width), known.features, IMAGE_CHANNELS)
    if not isinstance(units, (list, tuple)) or not units:
        return f"encoder '{encoder.name}': units returned {units!r}, a list of Convolution expected"
    for unit in units:
        if not isinstance(unit, Convolution):
            return f"encoder '{encoder.name}': units holds {unit!r}, which is no Convolution"
    return ""
