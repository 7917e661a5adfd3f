"""Sample predictions: input, label and what the networks made of it, side by side.

Network ``''`` stands for the label of a target; with target ``''`` too, for the input image.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from specbench.report.gains import GainMatrix
from specbench.report.query import Row, ask, has_view
from specbench.report.study import Study

IMAGES = 2  # a target
BYTES = 700_000  # of all pictures, encoded
KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


@dataclass(frozen=True)
class Sample:
    """One picture; ``uri`` is empty where the file is missing or the page is full."""

    title: str
    network: str
    uri: str


@dataclass(frozen=True)
class Strip:
    """The pictures of one target on one image, input and label first."""

    target: str
    image: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Samples:
    """All strips of a page."""

    strips: tuple[Strip, ...]
    sql: str


def read_samples(
    connection: duckdb.DuckDBPyConnection, study: Study, gains: GainMatrix, results: Path | None
) -> Samples:
    """Read the samples of the main condition's first seed; relative paths start at ``results``."""
    if not has_view(connection, "samples"):
        return Samples((), "")
    sql = (
        "SELECT network, target, image, first(path ORDER BY seed NULLS LAST) AS path\n"
        f"FROM samples WHERE {study.where(gains.condition)}\n"
        "GROUP BY ALL ORDER BY image, target, network"
    )
    asked = ask(connection, sql)
    paths = {(r["network"] or "", r["target"] or "", r["image"]): r["path"] for r in asked.rows}
    reader = _Reader(results or Path())
    strips = [
        Strip(target, image, tuple(_strip(paths, reader, study, gains, target, image)))
        for target in study.tasks
        for image in _images(asked.rows, target)
    ]
    return Samples(tuple(strip for strip in strips if strip.samples), asked.sql)


def _images(rows: tuple[Row, ...], target: str) -> list[str]:
    return sorted({row["image"] for row in rows if row["target"] == target})[:IMAGES]


def _strip(
    paths: dict[tuple[str, str, str], str],
    reader: _Reader,
    study: Study,
    gains: GainMatrix,
    target: str,
    image: str,
) -> Iterator[Sample]:
    row = sorted(gains.row(target), key=lambda cell: (cell.mean, cell.partner))
    wanted = [("input", "", ""), ("label", "", target), ("single net", target, target)]
    if row:
        wanted.append((f"with {row[-1].partner}", row[-1].joint, target))
    if len(study.tasks) > 2:
        wanted.append(("all tasks", "+".join(sorted(study.tasks)), target))
    for title, network, of in wanted:
        path = paths.get((network, of, image))
        if path is not None:
            yield Sample(title, network, reader.uri(path))


class _Reader:
    """Reads pictures as data URIs until the page's budget is spent."""

    def __init__(self, root: Path) -> None:
        self._root, self._left = root, BYTES
        self._read: dict[str, str] = {}

    def uri(self, path: str) -> str:
        if path not in self._read:
            self._read[path] = self._encode(self._root / path)
            self._left -= len(self._read[path])
        return self._read[path]

    def _encode(self, path: Path) -> str:
        kind = KINDS.get(path.suffix.lower())
        if kind is None or not path.is_file() or path.stat().st_size * 4 // 3 > self._left:
            return ""
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
