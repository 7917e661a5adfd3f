"""The checkpoint of an unfinished training: written whole or not at all, ignored if broken."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

NAME = "checkpoint.pt"
VERSION = 1


def save_checkpoint(
    work: Path, content: Mapping[str, Any], state: dict[str, Any], name: str = NAME
) -> None:
    """Replace the checkpoint ``name`` in ``work`` by ``state``: tensors and plain values.

    Whenever the process or the machine stops, the file is the old one or the new one.
    """
    save_whole(work / name, {"version": VERSION, "content": _digest(content), "state": state})


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
    try:
        saved = torch.load(work / name, map_location="cpu", weights_only=True)
        if (saved["version"], saved["content"]) != (VERSION, _digest(content)):
            return None
        state: dict[str, Any] = saved["state"]
    # A torn file can fail anywhere in unzipping and unpickling; training anew is always right.
    except Exception:
        return None
    return state


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
