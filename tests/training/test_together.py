"""Networks trained side by side end as they do alone."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specbench.errors import TrainingError
from specbench.training.resident import Resident
from specbench.training.together import shared_stream, train_together
from specbench.training.train import Trained, Training, open_splits

Describe = Callable[..., dict[str, Any]]
Folders = dict[str, Path]
Report = Callable[[dict[str, Any]], None]
GROUPS = (("depth_zbuffer",), ("normal", "segment_semantic"), ("depth_zbuffer", "edge_texture"))


def _quiet(_: dict[str, Any]) -> None:
    pass


def _together(
    contents: list[dict[str, Any]],
    folders: Folders,
    work: Path,
    reports: Mapping[int, Report] | None = None,
) -> list[Trained | Exception]:
    data = open_splits(contents, folders, "cpu")
    trainings = [
        Training(content, data, work / str(i), "cpu", (reports or {}).get(i, _quiet))
        for i, content in enumerate(contents)
    ]
    return train_together(trainings, shared_stream(trainings, data["train"]))


def _alone(content: dict[str, Any], folders: Folders, work: Path) -> Trained:
    return Training(content, open_splits([content], folders, "cpu"), work, "cpu", _quiet).run()


def _assert_same(one: Trained | Exception, other: Trained) -> None:
    assert isinstance(one, Trained), one
    for key, value in other.result.items():
        assert key == "images_per_second" or one.result[key] == value, key
    for key, tensor in other.best_state.items():
        assert torch.equal(one.best_state[key], tensor), key


def test_side_by_side_each_network_ends_on_the_bits_it_ends_on_alone(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    contents = [describe(*names) for names in GROUPS]
    for i, found in enumerate(_together(contents, folders, tmp_path / "all")):
        _assert_same(found, _alone(contents[i], folders, tmp_path / f"alone {i}"))


def test_networks_cut_short_at_different_epochs_go_on_side_by_side(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    contents = [describe(*names) for names in GROUPS]

    def cut_after(epochs: int) -> Report:
        def report(news: dict[str, Any]) -> None:
            if "losses" in news and news["epoch"] == epochs:
                raise KeyError("cut")

        return report

    first = _together(contents, folders, tmp_path, {0: cut_after(2), 1: cut_after(1)})
    assert [type(found) for found in first] == [KeyError, KeyError, Trained]
    for i, found in enumerate(_together(contents, folders, tmp_path)):
        _assert_same(found, _alone(contents[i], folders, tmp_path / f"alone {i}"))


def test_a_network_that_fails_leaves_the_others_as_they_are(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    well, ill = describe("normal"), describe("depth_zbuffer")
    ill["tasks"]["depth_zbuffer"]["weight"] = 1e30
    failed, found = _together([ill, well], folders, tmp_path / "both")
    assert isinstance(failed, TrainingError)
    assert "depth_zbuffer" in str(failed)
    _assert_same(found, _alone(well, folders, tmp_path / "alone"))


def test_every_image_is_gathered_once_for_all(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    contents = [describe(*names, epochs=1) for names in GROUPS]
    data = open_splits(contents, folders, "cpu")
    taken: list[str] = []

    class Counted:
        def __len__(self) -> int:
            return len(data["train"])

        def take(self, domain: str, indices: Any, /) -> Any:
            taken.append(domain)
            return data["train"].take(domain, indices)

    trainings = [
        Training(c, data, tmp_path / str(i), "cpu", _quiet) for i, c in enumerate(contents)
    ]
    train_together(trainings, shared_stream(trainings, Counted()))
    assert taken.count("rgb") == taken.count("depth_zbuffer") == 5


def test_a_network_that_reads_a_label_beside_the_image_is_trained_alone(
    describe: Describe, folders: Folders, tmp_path: Path
) -> None:
    contents = [describe("normal"), describe("depth_zbuffer")]
    data = open_splits(contents, folders, "cpu")
    trainings = [Training(c, data, tmp_path, "cpu", _quiet) for c in contents]
    trainings[1].content = {**contents[1], "injected": {"name": "normal"}}
    with pytest.raises(ValueError, match="trained alone"):
        shared_stream(trainings, data["train"])


def test_data_on_the_device_has_the_rows_of_the_mapped_arrays(
    describe: Describe, folders: Folders
) -> None:
    data = open_splits([describe(*GROUPS[1])], folders, "cpu")["train"]
    resident = Resident(data, torch.device("cpu"))
    rows = np.array([7, 0, 7, 39])
    assert len(resident) == len(data)
    for domain in ("rgb", "normal", "segment_semantic"):
        np.testing.assert_array_equal(resident.take(domain, rows).numpy(), data.take(domain, rows))
