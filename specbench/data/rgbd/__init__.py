"""Colour images with measured depth, labelled the way Taskonomy labels its own; light to import."""

from __future__ import annotations

from specbench.data.domains import DOMAINS, Domain

RGBD_VERSION = 1
"""Goes up with every change of what a file is decoded to."""

_OF_COLOUR = ("keypoints2d", "edge_texture")
_OF_DEPTH = (
    "depth_zbuffer",
    "depth_euclidean",
    "normal",
    "edge_occlusion",
    "reshading",
    "mask_valid",
)

RGBD_DOMAINS: dict[str, Domain] = {name: DOMAINS[name] for name in ("rgb", *_OF_COLOUR, *_OF_DEPTH)}
"""What there is to see and to learn, by name."""

OF_COLOUR = frozenset(("rgb", *_OF_COLOUR))
"""Domains that are computed from the colour image; the others are from the depth."""
