from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specbench.data.dataset import Dataset
from specbench.data.ids import write_ids
from specbench.errors import DataError

IDS = [f"b/{i}" for i in range(12)]


def packed(folder: Path, ids: list[str], values: np.ndarray) -> Path:
    folder.mkdir()
    np.save(folder / "val.npy", values)
    write_ids(folder / "val.ids", ids)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("packed")
    numbers = np.arange(12)
    images = np.broadcast_to(numbers[:, None, None, None], (12, 3, 4, 4)).astype(np.uint8)
    return {
        "rgb": packed(root / "rgb", IDS, images),
        "class_scene": packed(root / "class_scene", IDS[::-1], numbers[::-1].copy()),
    }


@given(st.permutations(IDS), st.lists(st.integers(0, 7), min_size=1))
def test_domains_agree_on_the_image_at_an_index(
    folders: dict[str, Path], order: list[str], indices: list[int]
) -> None:
    data = Dataset.open(folders, "val", order[:8])
    expected = [int(order[i].split("/")[1]) for i in indices]
    assert len(data) == 8
    assert data.take("rgb", indices)[:, 0, 0, 0].tolist() == expected
    assert data.take("class_scene", np.array(indices)).tolist() == expected
    assert data.take("class_scene", slice(None)).tolist() == [
        int(image.split("/")[1]) for image in order[:8]
    ]


def test_what_is_taken_is_the_callers_own(folders: dict[str, Path]) -> None:
    data = Dataset.open(folders, "val")
    assert data.ids == tuple(IDS)
    assert data.domains == ("rgb", "class_scene")
    for indices in (slice(None), slice(2, 5), [3], [5, 2, 2], []):
        taken = data.take("rgb", indices)
        assert type(taken) is np.ndarray
        assert taken.flags.writeable
        assert taken.flags.c_contiguous
        assert taken.dtype == np.uint8
        taken[:] = 99
    assert data.take("rgb", slice(None)).max() == 11


def test_an_image_that_a_domain_lacks_is_named(folders: dict[str, Path]) -> None:
    with pytest.raises(DataError, match="image b/99 is not packed in domain rgb"):
        Dataset.open(folders, "val", ["b/1", "b/99"])
