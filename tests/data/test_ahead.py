"""Work in threads: the order and errors of a plain loop, and few results ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specbench.data.ahead import in_order, threads
from specbench.data.pack import pack_domain
from specbench.data.source import Array, Item
from specbench.data.taskonomy import TaskonomySource
from specbench.errors import DataError


@pytest.mark.parametrize("count", [1, 2, 4])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    held = threading.Event()

    def work(number: int) -> int:
        # The first result is ready last.
        assert number > 0 or count == 1 or held.wait(10)
        if number == count - 1:
            held.set()
        return number * number

    assert list(in_order(work, range(50), count)) == [n * n for n in range(50)]


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_comes_in_its_place(count: int) -> None:
    def work(number: int) -> int:
        if number == 7:
            raise DataError("seven")
        return number

    seen = []
    with pytest.raises(DataError, match="seven"):
        seen.extend(in_order(work, range(50), count))
    results = in_order(work, range(50), count)
    assert [next(results) for _ in range(7)] == list(range(7))
    with pytest.raises(DataError, match="seven"):
        next(results)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_results_wait(count: int) -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return number

    for taken, _ in enumerate(in_order(work, range(200), count), start=1):
        assert len(begun) - taken <= 4 * count


def test_threads_are_one_a_core_and_few(monkeypatch: Any) -> None:
    for cores, expected in ((1, 1), (2, 2), (64, 4)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, n=cores: set(range(n)))
        assert threads() == expected


@pytest.mark.parametrize("domain", ["rgb", "normal", "depth_zbuffer"])
def test_threads_pack_the_same_bytes(
    tree: Callable[..., Any], tmp_path: Path, monkeypatch: Any, domain: str
) -> None:
    made = tree(["rgb", domain])
    made.path(domain, "bonfield", "point_1_view_1").write_bytes(b"no PNG")
    found = []
    for count in (1, 4):
        monkeypatch.setattr("specbench.data.pack.threads", lambda n=count: n)
        folder = tmp_path / str(count)
        source = TaskonomySource([made.root], missing="leave_out")
        manifest = pack_domain(source, domain, 8, folder, lambda news: None)
        assert len(manifest["broken"]) == 1
        found.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert found[0] == found[1]


def test_only_sources_that_allow_it_are_read_by_threads(
    tree: Callable[..., Any], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("specbench.data.pack.threads", lambda: 4)
    readers: set[int] = set()

    class Watched(TaskonomySource):
        def decode(self, content: bytes, item: Item, domain: Any) -> Array:
            readers.add(threading.get_ident())
            return np.zeros((16, 16, 3), np.uint8)

    source = Watched([tree(["rgb"]).root])
    pack_domain(source, "rgb", 8, tmp_path / "threads", lambda news: None)
    assert threading.get_ident() not in readers
    readers.clear()
    source.concurrent = False
    pack_domain(source, "rgb", 8, tmp_path / "alone", lambda news: None)
    assert readers == {threading.get_ident()}
