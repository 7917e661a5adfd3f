"""What each kind of data that specbench knows has to learn from: its domains; light to import."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from specbench.data.celeba import CELEBA_DOMAINS, CELEBA_VERSION
from specbench.data.cityscapes import CITYSCAPES_DOMAINS, CITYSCAPES_VERSION
from specbench.data.digits import DIGIT_DOMAINS
from specbench.data.domains import DOMAINS, Domain
from specbench.data.nyuv2 import CLASSES, NYUV2_VERSION, nyuv2_domains
from specbench.data.rgbd import RGBD_DOMAINS, RGBD_VERSION
from specbench.data.rooms import ROOM_DOMAINS, ROOM_TYPES

_ROOMS = {name: DOMAINS[name] for name in ROOM_DOMAINS if name in DOMAINS}
_ROOMS["class_scene"] = dataclasses.replace(
    _ROOMS["class_scene"], classes=len(ROOM_TYPES), class_names=ROOM_TYPES
)

DOMAINS_OF: dict[str, Mapping[str, Domain]] = {
    "rooms": _ROOMS,
    "taskonomy": DOMAINS,
    "digits": DIGIT_DOMAINS,
    "celeba": CELEBA_DOMAINS,
    "nyuv2": nyuv2_domains(CLASSES),
    "cityscapes": CITYSCAPES_DOMAINS,
    "rgbd": RGBD_DOMAINS,
}
"""Domains by kind, then name; kinds whose folder alone tells (``arrays``, the user's) lack."""

ONE_SIDED = frozenset({"digits"})
"""Kinds whose labels would be wrong for a mirrored image."""


@dataclass(frozen=True)
class FolderKind:
    """A kind of data that a source of its own reads from a folder."""

    version: int
    module: str
    """Its ``open_source`` takes the folder and the options and returns the source."""
    decoding: tuple[str, ...] = ()
    """Options that change what files are decoded to; the others say where they lie."""


FOLDERS = {
    "celeba": FolderKind(CELEBA_VERSION, "specbench.data.celeba.source"),
    "nyuv2": FolderKind(NYUV2_VERSION, "specbench.data.nyuv2.source", ("classes",)),
    "cityscapes": FolderKind(CITYSCAPES_VERSION, "specbench.data.cityscapes.source"),
    "rgbd": FolderKind(
        RGBD_VERSION, "specbench.data.rgbd.source", ("intrinsics", "levels_per_metre")
    ),
}
"""By kind. Loaded when a folder is opened, not before."""


def domains_of_kind(kind: str, classes: int | None = None) -> Mapping[str, Domain] | None:
    """Return the domains of a kind, None where its folder alone tells.

    ``classes``: how many its segmentation tells apart, where a study says so.
    """
    known = DOMAINS_OF.get(kind)
    if known is None or classes is None:
        return known
    named = dataclasses.replace(known["segment_semantic"], classes=classes, class_names=())
    return {**known, "segment_semantic": named}
