"""Files of ids: one a line, in the order of the rows of the array beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from specbench.errors import DataError


def write_ids(path: Path, ids: Sequence[str]) -> str:
    """Write ``ids`` to ``path``, one a line, and return the sha256 of what was written."""
    content = "".join(f"{image}\n" for image in ids).encode()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_ids(path: Path) -> list[str]:
    """Return the ids that ``write_ids`` wrote; DataError if the file is not there."""
    try:
        return path.read_text(encoding="utf-8").split("\n")[:-1]
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file", "the domain was not packed") from error
