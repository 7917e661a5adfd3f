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


def save_checkpoint(work: Path, content: Mapping[str, Any], state: dict[str, Any]) -> None:
    """Replace the checkpoint in ``work`` by ``state``: tensors, numbers, strings, lists, dicts.

    Whenever the process or the machine stops, the file is the old one or the new one.
    """
    work.mkdir(parents=True, exist_ok=True)
    path, unfinished = work / NAME, work / f"{NAME}.{os.getpid()}"
    with unfinished.open("wb") as file:
        torch.save({"version": VERSION, "content": _digest(content), "state": state}, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def load_checkpoint(work: Path, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the state last saved for ``content``; None if there is none, or it cannot be read."""
    try:
        saved = torch.load(work / NAME, map_location="cpu", weights_only=True)
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
