"""NYU Depth v2 in either form: the tree of arrays, or the authors' file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specbench.data.nyuv2.labelled import FILE, NyuLabelled
from specbench.data.nyuv2.tree import NyuSettings, NyuTree
from specbench.data.own import OwnSource
from specbench.errors import DataError


def open_source(root: Path, options: Mapping[str, Any]) -> OwnSource:
    """Return the source of a folder; DataError where it holds neither form."""
    settings = NyuSettings(**options)
    if (root / "train" / "image").is_dir():
        return NyuTree(root, settings)
    if (root / FILE).is_file():
        return NyuLabelled(root, settings)
    raise DataError(f"{root}: neither train/image nor {FILE} is here")
