"""The checkpoint of an unfinished training: written whole or not at all, ignored if broken.

A sealed file (``specbench.sealed``): reading tensors alone would not notice a bit that has turned.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from specbench.sealed import read_sealed, write_sealed

NAME = "checkpoint.pt"
VERSION = 2


def save_checkpoint(
    work: Path, content: Mapping[str, Any], state: dict[str, Any], name: str = NAME
) -> None:
    """Replace the checkpoint ``name`` in ``work`` by ``state``: tensors and plain values.

    Whenever the process or the machine stops, the file is the old one or the new one.
    """
    buffer = io.BytesIO()
    torch.save({"version": VERSION, "content": _digest(content), "state": state}, buffer)
    write_sealed(work / name, buffer.getbuffer())


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
