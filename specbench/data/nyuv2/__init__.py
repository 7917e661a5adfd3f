"""NYU Depth v2: indoor frames with depth, classes and, in some copies, normals; light to import.

"Indoor Segmentation and Support Inference from RGBD Images" (Silberman et al. 2012).
"""

from __future__ import annotations

from specbench.data.domains import DOMAINS, Domain, Form

NYUV2_VERSION = 1
"""Goes up with every change of what a file is decoded to."""

CLASSES = 13
"""Classes of the copies that MTAN and LibMTL read."""


def nyuv2_domains(classes: int) -> dict[str, Domain]:
    """Return what there is to see and to learn where labels tell ``classes`` classes apart."""
    return {
        **{name: DOMAINS[name] for name in ("rgb", "depth_zbuffer", "normal", "mask_valid")},
        "segment_semantic": Domain(
            "segment_semantic", Form.CLASSES, 0, classes, "class", (), "kind of object at a pixel"
        ),
    }
