"""Files that carry a checksum of themselves, so that no part or change of one is taken for it.

For what is replaced while a job runs, such as checkpoints; a finished result has the checksums of
its folder (``specbench.results``).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_LENGTH = hashlib.sha256().digest_size


def write_sealed(path: Path, data: bytes | memoryview) -> None:
    """Replace the file by the SHA-256 of ``data`` and ``data``.

    Whenever the process or the machine stops, the file is the old one or the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(hashlib.sha256(data).digest())
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_sealed(path: Path) -> bytes | None:
    """Return the data of a sealed file; None where it is not what was written, or no file."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    seal, data = content[:_LENGTH], content[_LENGTH:]
    return data if hashlib.sha256(data).digest() == seal else None
