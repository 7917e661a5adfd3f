"""Batches of samples that are no images, and what is fed beside them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from specbench.tasks.catalogue import Task
from specbench.training.images import Images, see

ILL = Task("ill", "ill", "binary", "bce", metrics=())
SORT = Task("sort", "sort", "image_class", "cross_entropy", classes=3, metrics=())


class Rows:
    """Six rows whose input, (6, 4) or (6, 4, 5), is known, and two labels of each."""

    def __init__(self, *length: int) -> None:
        rng = np.random.default_rng(0)
        self.arrays = {
            "inputs": rng.normal(size=(6, 4, *length)).astype(np.float32),
            "ill": np.array([[0], [1], [np.nan], [1], [0], [np.nan]], dtype=np.float32),
            "sort": np.array([2, -1, 0, 1, 1, 0]),
        }

    def __len__(self) -> int:
        return 6

    def take(self, domain: str, indices: npt.NDArray[np.intp], /) -> npt.NDArray[np.generic]:
        return self.arrays[domain][indices]


@pytest.mark.parametrize("length", [(), (5,)], ids=["rows", "windows"])
def test_numbers_are_seen_as_they_were_packed(length: tuple[int, ...]) -> None:
    data = Rows(*length)
    batch = Images(data, {"ill": ILL}, source="inputs").batch(np.array([3, 1]))
    assert np.array_equal(batch.images.numpy(), data.arrays["inputs"][[3, 1]])
    assert batch.labels["ill"].value.tolist() == [[1], [1]]
    assert see(torch.full((2, 3), 7.5)).tolist() == [[7.5] * 3] * 2


@pytest.mark.parametrize("length", [(), (5,)], ids=["rows", "windows"])
def test_a_label_is_fed_beside_every_number(length: tuple[int, ...]) -> None:
    data = Rows(*length)
    fed = Images(data, {"ill": ILL}, source="inputs", partner=SORT).batch(np.arange(6)).images
    assert fed.shape == (6, 4 + 4, *length)
    assert np.array_equal(fed[:, :4].numpy(), data.arrays["inputs"])
    beside = fed[:, 4:] if not length else fed[:, 4:, 2]
    assert beside[0].tolist() == [0, 0, 1, 1]
    assert beside[1].tolist() == [0, 0, 0, 0], "not known"
    if length:
        assert torch.equal(fed[:, 4:, :1].expand(-1, -1, 5), fed[:, 4:]), "the same at every place"
