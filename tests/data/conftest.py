"""Small Taskonomy trees, written as the genuine ones are encoded."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from specbench.data.domains import DOMAINS

# No deadline: how long one example takes says nothing on a busy machine.
settings.register_profile("specbench", deadline=None)
settings.load_profile("specbench")

PATTERNS = {
    "official": "{domain}/taskonomy/{building}/{view}_domain_{suffix}.{ext}",
    "archives": "{building}_{domain}/{domain}/{view}_domain_{suffix}.{ext}",
    "buildings": "{domain}/{building}/{view}.{ext}",
    "sample": "{domain}/{view}_domain_{suffix}.{ext}",
}
GREY16 = ("depth_zbuffer", "depth_euclidean", "keypoints2d", "keypoints3d", "edge_texture",
          "edge_occlusion")  # fmt: skip


def png_bytes(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def npy_bytes(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def genuine_bytes(domain: str, pixels: int, rng: np.random.Generator) -> bytes:
    """Return the bytes of a plausible file of ``domain``."""
    if domain == "class_scene":
        return npy_bytes(rng.dirichlet(np.ones(6)).astype(np.float32))
    if domain in GREY16:
        return png_bytes(rng.integers(0, 5000, (pixels, pixels)).astype(np.uint16))
    if domain == "mask_valid":
        return png_bytes(rng.choice([0, 255], (pixels, pixels)).astype(np.uint8))
    if domain.startswith("segment"):
        return png_bytes(rng.integers(0, 18, (pixels, pixels)).astype(np.uint8))
    return png_bytes(rng.integers(0, 256, (pixels, pixels, 3)).astype(np.uint8))


class Tree:
    """A Taskonomy tree under ``root`` in one of the four layouts."""

    def __init__(self, root: Path, layout: str = "official", pixels: int = 16) -> None:
        self.root, self.layout, self.pixels = root, layout, pixels
        root.mkdir(parents=True, exist_ok=True)

    def path(self, domain: str, building: str, view: str, suffix: str | None = None) -> Path:
        known = DOMAINS[domain]
        name = PATTERNS[self.layout].format(
            domain=domain,
            building=building,
            view=view,
            suffix=suffix or known.suffixes[0],
            ext=known.extension,
        )
        return self.root / name

    def put(
        self,
        domain: str,
        building: str,
        view: str,
        content: bytes | None = None,
        suffix: str | None = None,
    ) -> Path:
        path = self.path(domain, building, view, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            rng = np.random.default_rng([ord(c) for c in domain + building + view])
            content = genuine_bytes(domain, self.pixels, rng)
        path.write_bytes(content)
        return path

    def fill(self, domains: list[str], buildings: list[str], points: int = 2) -> Tree:
        for domain in domains:
            for building in buildings:
                for point in range(points):
                    self.put(domain, building, f"point_{point}_view_{point % 2}")
        return self

    def csv(self, rows: dict[str, str], end: str = "\n") -> Path:
        marks = {"train": "1,0,0", "val": "0,1,0", "test": "0,0,1", "": "0,0,0"}
        lines = ["id,train,val,test", *(f"{b},{marks[split]}" for b, split in rows.items())]
        path = self.root / "splits.csv"
        path.write_bytes(end.join([*lines, ""]).encode())
        return path


THREE = {"ackley": "train", "bonfield": "val", "cosmos": "test"}


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Tree]:
    """Make a tree of three buildings, one a split."""

    def make(domains: list[str], layout: str = "official", points: int = 2, **kw: int) -> Tree:
        made = Tree(tmp_path / "data", layout, **kw)
        made.fill(domains, list(THREE), points)
        made.csv(THREE)
        return made

    return make
