"""Damaged images, arrays and tables: read, or refused in words, never with another exception."""

from __future__ import annotations

import io
import os
import random
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutations import mutated
from PIL import Image

from specbench.data.domains import DOMAINS
from specbench.data.encodings import UndecodableError, decode_file
from specbench.data.figures.networks import read_gains, read_losses
from specbench.data.figures.scores import read_scores
from specbench.data.pack import pack_domain
from specbench.data.source import make_source
from specbench.data.splits import read_split_csv
from specbench.errors import DataError

EXAMPLES = 20_000 if os.environ.get("SPECBENCH_LONG_TESTS") else 300


def survived(data: bytes, read: Callable[[bytes], Any], *refusals: type[Exception]) -> int:
    """Read mutations; return how many were accepted. All others have to be refused."""
    accepted = 0
    for seed in range(EXAMPLES):
        with suppress(*refusals):
            read(mutated(data, random.Random(seed)))
            accepted += 1
    return accepted


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


RNG = np.random.default_rng(0)
IMAGES = {
    "rgb": png(RNG.integers(0, 256, (16, 16, 3)).astype(np.uint8)),
    "depth_zbuffer": png(RNG.integers(0, 65536, (16, 16)).astype(np.uint16)),
    "mask_valid": png(RNG.integers(0, 2, (16, 16)).astype(np.uint8) * 255),
    "class_scene": npy(RNG.random(365)),
}


@pytest.mark.parametrize("domain", IMAGES)
def test_images(domain: str) -> None:
    known = DOMAINS[domain]
    accepted = survived(IMAGES[domain], lambda data: decode_file(data, known), UndecodableError)
    assert accepted < EXAMPLES


def resealed(content: bytes) -> bytes:
    """Return a PNG with the checksums of its chunks made right, so that a decoder looks in."""
    place, found = 8, bytearray(content)
    while place + 12 <= len(found):
        end = place + 8 + int.from_bytes(found[place : place + 4], "big")
        found[end : end + 4] = zlib.crc32(found[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(found)


@pytest.mark.parametrize("domain", ["rgb", "depth_zbuffer"])
def test_images_that_are_wrong_behind_right_checksums(domain: str) -> None:
    known, whole = DOMAINS[domain], IMAGES[domain]
    assert resealed(whole) == whole
    accepted = survived(whole, lambda data: decode_file(resealed(data), known), UndecodableError)
    assert 0 < accepted < EXAMPLES
    for size in (0, 9_600, 20_000, 2**31 - 1):  # what a header may claim
        claimed = whole[:16] + size.to_bytes(4, "big") * 2 + whole[24:]
        with pytest.raises(UndecodableError):
            decode_file(resealed(claimed), known)


def test_split_files(tmp_path: Path) -> None:
    path = tmp_path / "splits.csv"
    rows = ["id,train,val,test", *(f"b{i},{i % 2},0,{1 - i % 2}" for i in range(9))]

    def read(data: bytes) -> None:
        path.write_bytes(data)
        table = read_split_csv(path)
        assert set(table.values()) <= {"train", "val", "test"}

    accepted = survived("\r".join(rows).encode(), read, DataError)
    assert 0 < accepted < EXAMPLES


@pytest.mark.parametrize("kind", ["losses", "gains", "scores"])
def test_published_figures(kind: str) -> None:
    text = {
        "losses": "network,target,test_loss,seed,macs\na,a,1.5,0,10\nb,b,2,0,9\na+b,a,1.2,0,12\n",
        "gains": "target,partner,gain,seed\na,b,0.1,0\nb,a,-0.2,0\n",
        "scores": "score,target,partner,value,seed\ntd,a,b,0.1,0\ntd,b,a,0.3,0\n",
    }[kind]
    path = Path("figures.csv")

    def read(data: bytes) -> None:
        if kind == "losses":
            read_losses(path, data, ["a", "b"])
        elif kind == "gains":
            read_gains(path, data, ["a", "b"])
        else:
            read_scores(path, data, ["a", "b"], {})

    read(text.encode())
    accepted = survived(text.encode(), read, DataError)
    assert 0 < accepted < EXAMPLES


@pytest.mark.parametrize("window", [None, {"length": 2, "horizon": 1}], ids=["rows", "windows"])
def test_tables(tmp_path: Path, window: dict[str, int] | None) -> None:
    path = tmp_path / "table.csv"
    rows = [
        "age,city,note,mass,ill,sort",
        *(f"{i},b{i % 2},C{i},{i}.5,{i % 2},s" for i in range(8)),
    ]
    fed = {"numeric": ["age"], "categorical": [] if window else ["city"]}
    fed |= {"text": [] if window else ["note"], "text_features": 4, "text_ngrams": [1, 2]}
    settings = {
        "kind": "table",
        "roots": [path],
        "inputs": fed,
        "targets": {"mass": ("value", 0), "ill": ("binary", 0), "sort": ("image_class", 2)},
        "split": {"rows": [4, 2, 2]},
        "seed": 0,
        "window": window,
        "standardise": True,
    }

    def read(data: bytes) -> None:
        path.write_bytes(data)
        source = make_source(settings)
        for domain in source.domains():
            for items in source.items(domain).values():
                for item in items:
                    source.read(item, domain)

    whole = "\n".join(rows).encode()
    read(whole)
    accepted = survived(whole, read, DataError)
    assert 0 < accepted < EXAMPLES


def test_a_manifest_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text(f"domains = {'[' * 5000}{']' * 5000}")
    with pytest.raises(DataError, match=r"manifest\.toml: "):
        make_source({"kind": "arrays", "roots": [str(tmp_path)]}).domains()


@pytest.mark.parametrize("name", ["manifest.toml", "train/height.npy"])
def test_folders_of_arrays(tmp_path: Path, name: str) -> None:
    manifest = '[domains.rgb]\nform = "image"\n[domains.height]\nform = "continuous"\n'
    (tmp_path / "manifest.toml").write_text(manifest)
    for split in ("train", "val", "test"):
        (tmp_path / split).mkdir()
        np.save(tmp_path / split / "rgb.npy", np.zeros((2, 3, 16, 16), np.uint8))
        np.save(tmp_path / split / "height.npy", np.zeros((2, 16, 16), np.float32))
    whole = (tmp_path / name).read_bytes()

    def read(data: bytes) -> None:
        (tmp_path / name).write_bytes(data)
        source = make_source({"kind": "arrays", "roots": [str(tmp_path)]})
        pack_domain(source, "height", 16, tmp_path / "pack", lambda news: None)

    assert survived(whole, read, DataError) < EXAMPLES
    (tmp_path / name).write_bytes(whole)
    read(whole)
