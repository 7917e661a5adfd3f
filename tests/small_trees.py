"""Small data sets in the exact layouts of CelebA, NYUv2, Cityscapes and RGB-D recordings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

CELEBA_COUNTS = {0: 12, 1: 5, 2: 5}
"""Images of each split by its number in the list."""


def smooth(rng: np.random.Generator, height: int, width: int, channels: int = 3) -> np.ndarray:
    """Return a picture of blotches, bytes (height, width, channels)."""
    coarse = rng.integers(0, 256, (4, 4, channels)).astype(np.uint8)
    image = Image.fromarray(coarse if channels == 3 else coarse[..., 0])
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def write_celeba(root: Path, attributes: tuple[str, ...] = (), seed: int = 0) -> None:
    """Write faces of 178 × 218 whose brightness tells the first attribute."""
    from specbench.data.celeba import ATTRIBUTES

    names, rng = attributes or ATTRIBUTES, np.random.default_rng(seed)
    base = root / "celeba"
    (base / "img_align_celeba").mkdir(parents=True)
    splits = [split for split, count in CELEBA_COUNTS.items() for _ in range(count)]
    partition, rows = [], [f"{len(splits)}", " ".join(names) + " "]
    for number, split in enumerate(splits, start=1):
        marks = rng.choice((-1, 1), len(names))
        face = smooth(rng, 218, 178) // 2 + (100 if marks[0] > 0 else 0)
        name = f"{number:06d}.jpg"
        Image.fromarray(face.astype(np.uint8)).save(base / "img_align_celeba" / name)
        partition.append(f"{name} {split}")
        rows.append(f"{name} " + " ".join(f"{mark:2d}" for mark in marks))
    (base / "list_eval_partition.txt").write_text("\n".join(partition) + "\n")
    (base / "list_attr_celeba.txt").write_text("\n".join(rows) + "\n")


def nyu_frame(rng: np.random.Generator, height: int = 24, width: int = 32) -> dict[str, np.ndarray]:
    """Return one frame as MTAN's copy stores it: image, label, depth and normal."""
    normal = rng.normal(size=(height, width, 3)).astype(np.float32)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    normal[0, 12] = 0
    depth = rng.uniform(0.5, 8, (height, width, 1)).astype(np.float32)
    depth[1, 13] = 0
    return {
        "image": (smooth(rng, height, width) / 255).astype(np.float32),
        "label": rng.integers(-1, 13, (height, width)),
        "depth": depth,
        "normal": normal,
    }


def write_nyu_tree(root: Path, seed: int = 0) -> None:
    """Write ``train`` and ``val`` as MTAN published them."""
    rng = np.random.default_rng(seed)
    for part, count in {"train": 20, "val": 4}.items():
        for number in range(count):
            for name, values in nyu_frame(rng).items():
                (root / part / name).mkdir(parents=True, exist_ok=True)
                np.save(root / part / name / f"{number}.npy", values)


def write_nyu_labelled(root: Path, official: bool = True, seed: int = 0) -> None:
    """Write the authors' file with what is read of it, and a mapping of 6 kinds to 4 classes."""
    import h5py
    from scipy.io import savemat

    rng, count = np.random.default_rng(seed), 18
    size = (count, 32, 24)  # MATLAB's (24, 32, count)
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "w") as file:
        file["images"] = rng.integers(0, 256, (count, 3, 32, 24)).astype(np.uint8)
        file["depths"] = rng.uniform(0.5, 8, size).astype(np.float32)
        file["labels"] = rng.integers(0, 7, size).astype(np.uint16)
        scenes = []
        for number in range(count):
            letters = np.array([[ord(c)] for c in f"room_{number // 2:04d}"], dtype=np.uint16)
            scenes.append(file.create_dataset(f"#refs#/{number}", data=letters).ref)
        file.create_dataset("scenes", data=np.array([scenes], dtype=object), dtype=h5py.ref_dtype)
    mapping = {"mapClass": np.array([[1, 2, 3, 4, 4, 0]], dtype=np.uint8)}
    savemat(root / "classMapping4.mat", mapping)
    if official:
        rows = {"trainNdxs": np.arange(1, 13)[:, None], "testNdxs": np.arange(13, 17)[:, None]}
        savemat(root / "splits.mat", rows)


CITIES = {"train": ("aachen", "bochum", "bremen"), "val": ("frankfurt",)}


def write_cityscapes(root: Path, cameras: bool = True, seed: int = 0) -> None:
    """Write three training cities and one for validation, six frames each, of 64 × 32 pixels."""
    rng = np.random.default_rng(seed)
    for part, cities in CITIES.items():
        for city in cities:
            for number in range(6):
                frame = f"{city}_{number:06d}_000019"
                files = {
                    "leftImg8bit": smooth(rng, 32, 64),
                    "gtFine": rng.integers(0, 34, (32, 64)).astype(np.uint8),
                    "disparity": rng.integers(0, 126 * 256, (32, 64)).astype(np.uint16),
                }
                endings = {"gtFine": "gtFine_labelIds"}
                for kind, pixels in files.items():
                    folder = root / kind / part / city
                    folder.mkdir(parents=True, exist_ok=True)
                    name = f"{frame}_{endings.get(kind, kind)}.png"
                    Image.fromarray(pixels).save(folder / name)
                if cameras:
                    folder = root / "camera" / part / city
                    folder.mkdir(parents=True, exist_ok=True)
                    camera = {
                        "extrinsic": {"baseline": 0.2, "pitch": 0.05},
                        "intrinsic": {"fx": 2000.0, "fy": 2000.0, "u0": 32.0, "v0": 16.0},
                    }
                    (folder / f"{frame}_camera.json").write_text(json.dumps(camera))


def write_rgbd(root: Path, seed: int = 0) -> None:
    """Write frames of three places as a recorder would: 64 × 48 colour, depth in millimetres."""
    rng = np.random.default_rng(seed)
    for place, count in {"hall": 8, "kitchen": 4, "office": 4}.items():
        for kind in ("rgb", "depth"):
            (root / place / kind).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            slope = np.linspace(1500, 3000, 64) + 40 * np.arange(48)[:, None] + 10 * number
            slope[:3, :20] = 0
            name = f"frame-{number:06d}.png"
            Image.fromarray(smooth(rng, 48, 64)).save(root / place / "rgb" / name)
            Image.fromarray(slope.astype(np.uint16)).save(root / place / "depth" / name)
    (root / "splits.csv").write_text("id,train,val,test\nhall,1,0,0\nkitchen,0,1,0\noffice,0,0,1\n")
