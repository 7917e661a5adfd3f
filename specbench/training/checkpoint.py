"""The checkpoint of an unfinished training: written whole or not at all, ignored if broken.

A sealed file (``specbench.sealed``): reading tensors alone would not notice a bit that has turned.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from specbench.sealed import read_sealed, write_sealed

NAME = "checkpoint.pt"
VERSION = 2
_SMALL = 16 << 20
"""Bytes of a checkpoint that is written after every epoch."""
_SHARE = 50
_SPEED = 200e6
"""Bytes a second that are written, as long as nothing is known."""


class Pace:
    """Says when a checkpoint is due: always for a small one, a large one as time allows.

    To write a ResNet-18 with its optimiser takes 0.4 to 0.9 s, as long as three of its steps; so a
    large one is due when ``_SHARE`` times what the last one took has passed since. Before the
    first, ``size`` is the guess of its bytes.
    """

    def __init__(self, size: int = 0) -> None:
        self._ended = time.perf_counter()
        self._took = size / _SPEED if size > _SMALL else 0.0

    def due(self) -> bool:
        """Tell whether to write one now."""
        return time.perf_counter() - self._ended >= _SHARE * self._took

    def save(self, work: Path, content: Mapping[str, Any], state: dict[str, Any]) -> None:
        """Write one, as ``save_checkpoint`` does."""
        started = time.perf_counter()
        size = save_checkpoint(work, content, state)
        self._ended = time.perf_counter()
        self._took = self._ended - started if size > _SMALL else 0.0


def save_checkpoint(
    work: Path, content: Mapping[str, Any], state: dict[str, Any], name: str = NAME
) -> int:
    """Replace the checkpoint ``name`` in ``work`` by ``state``, tensors and plain values.

    Whenever the process or the machine stops, the file is the old one or the new one. Returns its
    size in bytes.
    """
    buffer = io.BytesIO()
    torch.save({"version": VERSION, "content": _digest(content), "state": state}, buffer)
    data = buffer.getbuffer()
    write_sealed(work / name, data)
    return len(data)


def save_whole(path: Path, saved: Any) -> None:
    """Write tensors and plain values so that the file is the old one or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        torch.save(saved, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def load_checkpoint(
    work: Path, content: Mapping[str, Any], name: str = NAME
) -> dict[str, Any] | None:
    """Return the state last saved for ``content``; None if there is none, or it cannot be read."""
    data = read_sealed(work / name)
    if data is None:
        return None
    try:
        saved = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if (saved["version"], saved["content"]) != (VERSION, _digest(content)):
            return None
        state: dict[str, Any] = saved["state"]
    # Another version's file can fail anywhere in unpickling; training anew is always right.
    except Exception:
        return None
    return state


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
