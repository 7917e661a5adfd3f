"""CelebA: aligned faces with 40 attributes each; light to import.

"Deep Learning Face Attributes in the Wild" (Liu et al. 2015, arXiv 1411.7766).
"""

from __future__ import annotations

from specbench.data.domains import Domain, Form

CELEBA_VERSION = 1
"""Goes up with every change of what a file is decoded to."""

ATTRIBUTES = (
    "5_o_Clock_Shadow",
    "Arched_Eyebrows",
    "Attractive",
    "Bags_Under_Eyes",
    "Bald",
    "Bangs",
    "Big_Lips",
    "Big_Nose",
    "Black_Hair",
    "Blond_Hair",
    "Blurry",
    "Brown_Hair",
    "Bushy_Eyebrows",
    "Chubby",
    "Double_Chin",
    "Eyeglasses",
    "Goatee",
    "Gray_Hair",
    "Heavy_Makeup",
    "High_Cheekbones",
    "Male",
    "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes",
    "No_Beard",
    "Oval_Face",
    "Pale_Skin",
    "Pointy_Nose",
    "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns",
    "Smiling",
    "Straight_Hair",
    "Wavy_Hair",
    "Wearing_Earrings",
    "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace",
    "Wearing_Necktie",
    "Young",
)
"""The official names, in the order of the file."""

CELEBA_DOMAINS: dict[str, Domain] = {
    "rgb": Domain("rgb", Form.IMAGE, 3, 0, "level", (), "the face, its centre square"),
    **{
        name: Domain(name, Form.BINARY, 1, 0, "", (), f"whether the face has {name}")
        for name in ATTRIBUTES
    },
}
"""What there is to see and to learn, by name."""
