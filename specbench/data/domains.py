"""What each of Taskonomy's domains is: its form, its channels or classes, and its file names.

A form says how values of a domain are packed, down-sampled, learnt and drawn. Users' own arrays
have one of the same forms and need not be listed here (``specbench.data.arrays``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

IGNORED = 255
"""The class index of a pixel that carries no label."""


class Form(StrEnum):
    """How the N values of a domain lie in a packed array, and what marks an invalid one."""

    IMAGE = "image"
    """uint8 (N, 3, H, W); every pixel is valid."""
    CONTINUOUS = "continuous"
    """float32 (N, C, H, W) in the domain's units; NaN is invalid."""
    NORMAL = "normal"
    """float32 (N, 3, H, W), unit vectors: x right, y down, z forward; NaN is invalid."""
    CLASSES = "classes"
    """uint8 (N, H, W), class index from 0; 255 is ignored."""
    IMAGE_CLASS = "image_class"
    """int64 (N,), one class an image; -1 is invalid."""
    VALUE = "value"
    """float32 (N, C), numbers of the sample as a whole; NaN is invalid."""
    BINARY = "binary"
    """float32 (N, 1), 0 or 1, whether something is so of the sample; NaN is invalid."""
    SEQUENCE = "sequence"
    """float32 (N, C, L), C numbers at each of L places in order."""
    MASK = "mask"
    """bool (N, H, W), true where geometry is known."""

    @property
    def has_pixels(self) -> bool:
        """Whether a value has a place in an image, rather than being one of the sample."""
        return self not in (Form.IMAGE_CLASS, Form.VALUE, Form.BINARY, Form.SEQUENCE)


SEMANTIC_CLASSES = (
    "background",
    "bottle",
    "chair",
    "couch",
    "potted plant",
    "bed",
    "dining table",
    "toilet",
    "tv",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
)
"""The classes of ``segment_semantic`` in order; a file stores the index plus one."""


@dataclass(frozen=True)
class Domain:
    """One kind of label or image.

    ``channels`` counts those of a packed array (0 where an array has no channel axis). ``classes``
    is 0 unless the form has classes, ``length`` unless it is a sequence. ``suffixes`` are the
    endings ``_domain_<suffix>`` its files may have, the usual one first; ``extension`` is that of
    its files.
    """

    name: str
    form: Form
    channels: int = 0
    classes: int = 0
    units: str = ""
    suffixes: tuple[str, ...] = ()
    description: str = ""
    class_names: tuple[str, ...] = ()
    extension: str = "png"
    length: int = 0


def _level(name: str, description: str) -> Domain:
    return Domain(name, Form.CONTINUOUS, 1, 0, "fraction of 65535", (name,), description)


def _regions(name: str, description: str) -> Domain:
    return Domain(name, Form.CLASSES, 0, 255, "region", (name,), description)


_ALL = (
    Domain("rgb", Form.IMAGE, 3, 0, "level", ("rgb",), "colour image"),
    Domain(
        "depth_zbuffer",
        Form.CONTINUOUS,
        1,
        0,
        "metres",
        ("depth_zbuffer",),
        "distance to the image plane",
    ),
    Domain(
        "depth_euclidean",
        Form.CONTINUOUS,
        1,
        0,
        "metres",
        ("depth_euclidean",),
        "distance to the camera's centre",
    ),
    Domain("normal", Form.NORMAL, 3, 0, "unit vector", ("normal",), "surface normal"),
    Domain(
        "segment_semantic",
        Form.CLASSES,
        0,
        len(SEMANTIC_CLASSES),
        "class",
        ("segmentsemantic", "segment_semantic"),
        "kind of object at a pixel",
        SEMANTIC_CLASSES,
    ),
    _level("keypoints2d", "interest points of the image (determinant of the Hessian)"),
    _level("keypoints3d", "interest points of the surface (NARF)"),
    _level("edge_texture", "edges of the image (Sobel)"),
    _level("edge_occlusion", "edges of depth (Sobel)"),
    Domain(
        "reshading",
        Form.CONTINUOUS,
        1,
        0,
        "fraction of 255",
        ("reshading",),
        "shading under a light at the camera",
    ),
    Domain(
        "principal_curvature",
        Form.CONTINUOUS,
        2,
        0,
        "fraction of 127 levels",
        ("principal_curvature",),
        "the two principal curvatures, 0 where flat",
    ),
    Domain(
        "class_scene",
        Form.IMAGE_CLASS,
        0,
        365,
        "class",
        ("class_places", "class_scene"),
        "kind of room; the files' vectors tell how many kinds, Taskonomy's have 365",
        (),
        "npy",
    ),
    _regions("segment_unsup2d", "regions of alike colour, numbered arbitrarily"),
    _regions("segment_unsup25d", "regions of alike colour and geometry, numbered arbitrarily"),
    Domain(
        "mask_valid",
        Form.MASK,
        0,
        0,
        "",
        ("mask_valid", "depth_zbuffer"),
        "pixels whose geometry was scanned",
    ),
)

DOMAINS: dict[str, Domain] = {domain.name: domain for domain in _ALL}
"""Taskonomy's domains that a study can read, by name."""
