"""The sources of the user's code that is loaded, beside those of ``make_source``."""

from __future__ import annotations

from specbench.data.own import OwnSource
from specbench.origin import Own

KINDS = (
    "rooms",
    "taskonomy",
    "arrays",
    "table",
    "text",
    "digits",
    "celeba",
    "nyuv2",
    "cityscapes",
    "rgbd",
    "published",
)
"""What ``data.kind`` can be without any code."""

OWN: dict[str, Own[type[OwnSource]]] = {}
"""By name."""
