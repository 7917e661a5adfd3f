"""A renderer of indoor scenes that writes Taskonomy's own files; light to import.

:func:`specbench.data.rooms.building.render_building` does the work.
"""

from __future__ import annotations

ROOMS_VERSION = 1
"""Goes up with every change that changes a rendered byte."""

ROOM_TYPES = ("bathroom", "bedroom", "dining_room", "kitchen", "living_room", "office")
"""The image-level classes of class_scene, in the order of its probability vector."""

ROOM_DOMAINS = (
    "rgb",
    "depth_zbuffer",
    "depth_euclidean",
    "normal",
    "segment_semantic",
    "keypoints2d",
    "edge_texture",
    "edge_occlusion",
    "reshading",
    "principal_curvature",
    "class_scene",
    "mask_valid",
    "point_info",
)
"""The domains that a rendered building holds."""
