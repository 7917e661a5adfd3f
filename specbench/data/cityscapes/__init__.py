"""Cityscapes: street scenes with classes and, from stereo, depth; light to import.

"The Cityscapes Dataset for Semantic Urban Scene Understanding" (Cordts et al. 2016, arXiv
1604.01685).
"""

from __future__ import annotations

from specbench.data.domains import DOMAINS, Domain, Form

CITYSCAPES_VERSION = 1
"""Goes up with every change of what a file is decoded to."""

CLASS_OF_ID = {
    7: "road",
    8: "sidewalk",
    11: "building",
    12: "wall",
    13: "fence",
    17: "pole",
    19: "traffic light",
    20: "traffic sign",
    21: "vegetation",
    22: "terrain",
    23: "sky",
    24: "person",
    25: "rider",
    26: "car",
    27: "truck",
    28: "bus",
    31: "train",
    32: "motorcycle",
    33: "bicycle",
}
"""The 19 classes that are evaluated, by the id in ``labelIds`` files, in the order of their train
ids 0 to 18 (the data set's own table, ``labels.py`` of cityscapesScripts); other ids are void."""

CITYSCAPES_DOMAINS: dict[str, Domain] = {
    "rgb": DOMAINS["rgb"],
    "segment_semantic": Domain(
        "segment_semantic",
        Form.CLASSES,
        0,
        len(CLASS_OF_ID),
        "class",
        (),
        "kind of object at a pixel",
        tuple(CLASS_OF_ID.values()),
    ),
    "disparity": Domain(
        "disparity",
        Form.CONTINUOUS,
        1,
        0,
        "pixels of the full image",
        (),
        "how far a point moves between the two cameras, the inverse of its depth",
    ),
    "depth_zbuffer": DOMAINS["depth_zbuffer"],
    "mask_valid": DOMAINS["mask_valid"],
}
"""What there is to see and to learn, by name."""
