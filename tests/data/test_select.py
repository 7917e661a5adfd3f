import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specbench.data import select
from specbench.data.ids import read_ids, write_ids
from specbench.data.pack import MANIFEST
from specbench.errors import DataError


def fake(
    folder: Path, ids: list[str], broken: list[dict[str, str]] | None = None, mark: str = "f"
) -> Path:
    """Write what selection reads of a packed folder."""
    folder.mkdir(exist_ok=True)
    write_ids(folder / "train.ids", ids)
    splits: dict[str, Any] = {"train": {"fingerprint": mark}}
    (folder / MANIFEST).write_text(json.dumps({"splits": splits, "broken": broken or []}))
    return folder


IDS = [f"b/point_{i}_view_0" for i in range(60)]


def test_a_choice_is_common_nested_and_whatever_the_order_of_domains(tmp_path: Path) -> None:
    folders = {
        "rgb": fake(tmp_path / "rgb", IDS),
        "normal": fake(tmp_path / "normal", [*IDS[5:], "b/only_here"]),
    }
    every = select.choose_ids(folders, "train", None, 0)
    assert sorted(every) == sorted(IDS[5:])
    turned = dict(reversed(folders.items()))
    for limit in (1, 10, 20, 55, 99):
        assert select.choose_ids(folders, "train", limit, 0) == every[:limit]
        assert select.choose_ids(turned, "train", limit, 0) == every[:limit]
    assert select.choose_ids(folders, "train", None, 1) != every
    assert every != sorted(every)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.sets(st.sampled_from(IDS), min_size=1), st.integers(0, 5))
def test_other_images_move_none(tmp_path: Path, some: set[str], seed: int) -> None:
    """What is chosen of a part is what is chosen of all, without the rest."""
    every = select.choose_ids({"rgb": fake(tmp_path / "all", IDS)}, "train", None, seed)
    part = select.choose_ids({"rgb": fake(tmp_path / "some", sorted(some))}, "train", None, seed)
    assert part == [image for image in every if image in some]


def test_the_choice_is_fixed_for_all_time(tmp_path: Path) -> None:
    chosen = select.choose_ids({"rgb": fake(tmp_path / "rgb", IDS)}, "train", 3, 0)
    assert chosen == [f"b/point_{i}_view_0" for i in (34, 41, 42)]


def test_nothing_in_common_is_refused(tmp_path: Path) -> None:
    folders = {"rgb": fake(tmp_path / "rgb", IDS[:3]), "normal": fake(tmp_path / "n", IDS[3:])}
    with pytest.raises(DataError, match="no image of split train is in all of normal, rgb"):
        select.choose_ids(folders, "train", 5, 0)


def test_identity_knows_ids_order_and_files(tmp_path: Path) -> None:
    folders = {"rgb": fake(tmp_path / "rgb", IDS), "normal": fake(tmp_path / "normal", IDS)}
    first = select.identity(folders, {"train": IDS[:2]})
    assert first == select.identity(dict(reversed(folders.items())), {"train": IDS[:2]})
    assert first != select.identity(folders, {"train": IDS[1::-1]})
    assert first != select.identity(folders, {"train": IDS[:3]})
    fake(tmp_path / "normal", IDS, mark="other bytes")
    assert first != select.identity(folders, {"train": IDS[:2]})


def test_exclusions_are_counted_once_by_reason(tmp_path: Path) -> None:
    empty = {"split": "train", "id": IDS[1], "path": "p", "reason": "the file is empty"}
    elsewhere = {"split": "val", "id": "c/x", "path": "p", "reason": "the file is empty"}
    folders = {
        "rgb": fake(tmp_path / "rgb", IDS),
        "normal": fake(tmp_path / "normal", IDS[4:], [empty, elsewhere]),
        "reshading": fake(tmp_path / "reshading", [*IDS[1:], "b/only_here"]),
    }
    assert select.excluded(folders, "train") == {
        "normal: missing": 4,
        "normal: the file is empty": 1,
    }
    assert select.excluded({"rgb": folders["rgb"]}, "train") == {}


def test_ids_survive_a_file(tmp_path: Path) -> None:
    for ids in ([], ["a/b"], ["a b/ü", "c"]):
        write_ids(tmp_path / "x.ids", ids)
        assert read_ids(tmp_path / "x.ids") == ids
    with pytest.raises(DataError, match=r"y\.ids: no such file"):
        read_ids(tmp_path / "y.ids")
