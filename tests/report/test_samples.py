"""Sample predictions become pictures inside the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
from PIL import Image

from specbench.report.build import build


def test_input_label_and_predictions_stand_side_by_side(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(seeds=1, tasks=("a", "b", "c"))
    networks = {"input": ("", ""), "label": ("", "a"), "single net": ("a", "a"),
                "all tasks": ("a+b+c", "a")}  # fmt: skip
    for place, (network, target) in enumerate(networks.values()):
        file = f"{place}.png"
        Image.fromarray(np.full((8, 8), 40 * place, np.uint8)).save(tmp_path / file)
        row = ("small", "base", 0 if network else None, network, target, "room/1", file)
        store.execute("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    (page,) = build(store, ["small"], tmp_path / "out", {"html"}, results=tmp_path)
    text = page.read_text(encoding="utf-8")
    assert text.count('<img src="data:image/png;base64,') == 4
    places = [text.index(f'alt="a: {title}"') for title in networks]
    assert places == sorted(places)


def test_a_missing_picture_is_said_to_be_missing(
    make_store: Callable[..., duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    store = make_store(seeds=1, tasks=("a", "b"))
    store.execute("INSERT INTO samples VALUES ('small', 'base', NULL, '', 'a', 'room/1', 'no.png')")
    (page,) = build(store, ["small"], tmp_path / "out", {"html"}, results=tmp_path)
    assert "no picture" in page.read_text(encoding="utf-8")
