from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from specbench.data.ids import write_ids
from specbench.nets.cost import VERSION
from specbench.tasks import CATALOGUE, Task, resolve_task

SIZE = 16
SPLITS = {"train": 40, "val": 11, "test": 9}
TASKS = {
    "depth_zbuffer": CATALOGUE["depth_zbuffer"],
    "edge_texture": CATALOGUE["edge_texture"],
    "normal": CATALOGUE["normal"],
    "segment_semantic": resolve_task("segment_semantic", {"classes": 3}),
}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return packed folders whose labels can be read off the image, pixel by pixel."""
    return _pack(tmp_path_factory.mktemp("packed"), SPLITS)


@pytest.fixture(scope="session")
def more_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the same with enough images to learn from."""
    return _pack(tmp_path_factory.mktemp("more"), {**SPLITS, "train": 200})


def _pack(root: Path, splits: dict[str, int]) -> dict[str, Path]:
    for number, (split, count) in enumerate(splits.items()):
        ids = [f"{split}/{i}" for i in range(count)]
        for domain, array in _arrays(number, count).items():
            folder = root / domain
            folder.mkdir(exist_ok=True)
            np.save(folder / f"{split}.npy", array)
            write_ids(folder / f"{split}.ids", ids)
        (root / "ids").mkdir(exist_ok=True)
        write_ids(root / "ids" / f"{split}.ids", ids[::-1])
    return {folder.name: folder for folder in root.iterdir()}


def _arrays(number: int, count: int) -> dict[str, npt.NDArray[Any]]:
    stream = np.random.default_rng(number)
    coarse = stream.random((count, 3, 1, 2))
    image = np.kron(coarse, np.ones((SIZE, SIZE // 2)))
    red, green, blue = image[:, :1], image[:, 1:2], image[:, 2:]
    normal = np.concatenate([red - 0.5, green - 0.5, np.full_like(red, -0.5)], 1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    mask = stream.random((count, SIZE, SIZE)) < 0.9
    known = mask[:, None]
    classes = np.digitize(blue[:, 0], [1 / 3, 2 / 3]).astype(np.uint8)
    classes[stream.random(classes.shape) < 0.05] = 255
    return {
        "rgb": (image * 255).astype(np.uint8),
        "depth_zbuffer": np.where(known, 1 + 6 * red, np.nan).astype(np.float32),
        "edge_texture": (green * 0.1).astype(np.float32),
        "normal": np.where(known, normal, np.nan).astype(np.float32),
        "segment_semantic": classes,
        "mask_valid": mask,
    }


@pytest.fixture
def describe() -> Callable[..., dict[str, Any]]:
    """Return a function that describes a small network's training."""

    def content(*names: str, seed: int = 0, **changed: Any) -> dict[str, Any]:
        tasks: dict[str, Task] = {name: TASKS[name] for name in names or ("depth_zbuffer",)}
        return {
            "kind": "network",
            "version": 1,
            "seed": seed,
            "data": {"image_size": SIZE, "input": "rgb"},
            "tasks": {name: task.content() for name, task in tasks.items()},
            "network": {
                "encoder": "conv",
                "width": 8,
                "features": 16,
                "decoder_width": 16,
                "decoder_blocks": 4,
                "capacity": 1.0,
                "image_size": SIZE,
                "version": VERSION,
            },
            "injected": "",
            "training": {
                "epochs": 3,
                "batch_size": 8,
                "optimizer": "sgd",
                "learning_rate": 0.05,
                "momentum": 0.9,
                "weight_decay": 1e-4,
                "schedule": "plateau",
                "patience": 1,
                "warmup_steps": 0,
                "precision": "fp32",
                "channels_last": True,
                "flip": True,
                "reduction": "sum",
                "method": "equal",
                **changed,
            },
        }

    return content
