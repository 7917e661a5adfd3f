from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specbench.errors import DataError
from specbench.tasks import CATALOGUE
from specbench.training.images import Images, open_split, see

TASKS = {name: CATALOGUE[name] for name in ("depth_zbuffer", "normal")}


def test_images_follow_the_studys_ids(folders: dict[str, Path]) -> None:
    data = open_split(TASKS, folders, "val")
    batch = Images(data, TASKS).batch(np.array([0]))
    last = np.load(folders["rgb"] / "val.npy")[-1:]
    assert torch.equal(batch.images, see(torch.from_numpy(last)))


def test_levels_are_brought_to_plus_minus_two() -> None:
    seen = see(torch.tensor([0, 255], dtype=torch.uint8))
    assert seen.tolist() == pytest.approx([-2, 2], abs=1e-6)


def test_flipping_mirrors_image_labels_and_mask_alike(folders: dict[str, Path]) -> None:
    images = Images(open_split(TASKS, folders, "val"), TASKS)
    rows = np.arange(2)
    plain = images.batch(rows)
    flipped = images.batch(rows, np.array([True, False]))
    assert torch.equal(flipped.images[0], plain.images[0].flip(-1))
    assert torch.equal(flipped.images[1], plain.images[1])
    for name, sign in (("depth_zbuffer", 1), ("normal", -1)):
        ours, theirs = flipped.labels[name], plain.labels[name]
        assert torch.equal(ours.valid[0], theirs.valid[0].flip(-1))
        assert torch.equal(ours.value[0, 0], sign * theirs.value[0, 0].flip(-1))
        assert torch.equal(ours.value[1], theirs.value[1])


def test_batches_cover_the_split_in_order(folders: dict[str, Path]) -> None:
    images = Images(open_split(TASKS, folders, "val"), TASKS)
    parts = [batch.images for batch in images.batches(4)]
    assert [len(part) for part in parts] == [4, 4, 3]
    assert torch.equal(torch.cat(parts), images.batch(np.arange(11)).images)


@pytest.mark.parametrize("channels_last", [True, False])
def test_images_lie_in_the_networks_order(folders: dict[str, Path], channels_last: bool) -> None:
    images = Images(open_split(TASKS, folders, "val"), TASKS, channels_last=channels_last)
    order = torch.channels_last if channels_last else torch.contiguous_format
    assert images.batch(np.arange(3)).images.is_contiguous(memory_format=order)


def test_a_domain_that_is_not_packed_is_named(folders: dict[str, Path]) -> None:
    fewer: dict[str, Any] = {name: path for name, path in folders.items() if name != "normal"}
    with pytest.raises(DataError, match="domain normal"):
        open_split(TASKS, fewer, "val")
    fewer = {name: path for name, path in folders.items() if name != "mask_valid"}
    with pytest.raises(DataError, match="set masked = false"):
        open_split(TASKS, fewer, "val")
