"""The identity of a split's files: a digest over their bytes in the order of their ids."""

from __future__ import annotations

import hashlib


class Fingerprint:
    """A running digest; equal ids with equal bytes in equal order give equal digests.

    A file that cannot be read counts by its id, so that repairing it changes the fingerprint.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, image: str, content: bytes | None) -> None:
        """Take in the bytes stored for id ``image``; None where they cannot be read."""
        digest = "unreadable" if content is None else hashlib.sha256(content).hexdigest()
        self._hash.update(f"{image}\0{digest}\n".encode())

    def hexdigest(self) -> str:
        """Return the digest of what was added so far."""
        return self._hash.hexdigest()
