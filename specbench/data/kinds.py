"""What each kind of data that specbench knows has to learn from: its domains; light to import."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from specbench.data.digits import DIGIT_DOMAINS
from specbench.data.domains import DOMAINS, Domain
from specbench.data.rooms import ROOM_DOMAINS, ROOM_TYPES

_ROOMS = {name: DOMAINS[name] for name in ROOM_DOMAINS if name in DOMAINS}
_ROOMS["class_scene"] = dataclasses.replace(
    _ROOMS["class_scene"], classes=len(ROOM_TYPES), class_names=ROOM_TYPES
)

DOMAINS_OF: dict[str, Mapping[str, Domain]] = {
    "rooms": _ROOMS,
    "taskonomy": DOMAINS,
    "digits": DIGIT_DOMAINS,
}
"""Domains by kind, then name; kinds whose folder alone tells (``arrays``, the user's) lack."""

ONE_SIDED = frozenset({"digits"})
"""Kinds whose labels would be wrong for a mirrored image."""
