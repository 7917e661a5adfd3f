"""Mailbox and depot as others see them that an actor on Ray's head node keeps."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from specbench.scheduler.cluster.depot import packed, pieces, unpacked
from specbench.scheduler.cluster.mailbox import Posted, Said

_PIECE = 32 * 2**20
"""Bytes of a folder that travel at once."""


class _Calls:
    """Calls methods of the actor and waits for what they return."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def _ask(self, method: str, *arguments: Any) -> Any:
        import ray

        return ray.get(getattr(self._actor, method).remote(*arguments))


class RayMailbox(_Calls):
    """The mailbox in the actor; see :class:`Mailbox`."""

    def __init__(self, actor: Any) -> None:
        super().__init__(actor)
        self._heard = 0

    def post(self, name: str, ticket: str) -> None:
        """Let a ticket wait to be taken."""
        self._ask("post", name, ticket)

    def posted(self) -> Posted:
        """Return what is under way."""
        found: Posted = self._ask("posted")
        return found

    def waiting(self) -> list[str]:
        """Return the names of the tickets that wait."""
        return list(self._ask("waiting"))

    def ticket(self, name: str) -> str | None:
        """Return a ticket that is under way."""
        found: str | None = self._ask("ticket", name)
        return found

    def take(self, name: str, pool: str) -> str | None:
        """Take a ticket that waits; None where another was faster."""
        found: str | None = self._ask("take", name, pool)
        return found

    def put_back(self, name: str, pool: str) -> None:
        """Let a ticket wait again."""
        self._ask("put_back", name, pool)

    def end(self, name: str, pool: str) -> None:
        """All jobs of a ticket have ended."""
        self._ask("end", name, pool)

    def forget(self, names: Sequence[str]) -> None:
        """Drop tickets."""
        self._ask("forget", list(names))

    def say(self, pool: str, name: str, line: str) -> None:
        """Leave word of a ticket."""
        self._ask("say", pool, name, line)

    def hear(self) -> list[Said]:
        """Return what pools have said since the last call."""
        self._heard, said = self._ask("hear_since", self._heard)
        return list(said)

    def register(self, pool: str, about: Mapping[str, Any]) -> None:
        """A pool has begun."""
        self._ask("register", pool, dict(about))

    def pools(self) -> dict[str, dict[str, Any]]:
        """Return what the registered pools have said about themselves."""
        return dict(self._ask("pools"))

    def beat(self, pool: str, count: int) -> None:
        """A pool is alive."""
        self._ask("beat", pool, count)

    def revoke(self, pool: str) -> None:
        """A pool is given up."""
        self._ask("revoke", pool)

    def is_revoked(self, pool: str) -> bool:
        """Tell whether a pool must stop."""
        return bool(self._ask("is_revoked", pool))


class RayDepot(_Calls):
    """Folders and logs in Ray's object store; see :class:`Depot`."""

    def keys(self, kind: str) -> set[str]:
        """Return the keys of the folders that are there."""
        return set(self._ask("folders", kind))

    def put(self, kind: str, key: str, folder: Path) -> None:
        """Put a copy of a folder there."""
        mark = uuid.uuid4().hex
        with tempfile.TemporaryDirectory(prefix="specbench-") as scratch:
            for piece in pieces(packed(folder, Path(scratch)), _PIECE):
                self._ask("piece", mark, piece)
        self._ask("whole", mark, kind, key)

    def get(self, kind: str, key: str, folder: Path) -> bool:
        """Copy a folder's files into an empty folder; False where it is not there."""
        import ray

        references = self._ask("folder", kind, key)
        if references is None:
            return False
        with tempfile.TemporaryDirectory(prefix="specbench-") as scratch:
            path = Path(scratch) / "folder.tar"
            with path.open("wb") as file:
                for reference in references:
                    file.write(ray.get(reference))
            unpacked(path, folder)
        return True

    def drop(self, kind: str, key: str) -> None:
        """Remove a folder."""
        self._ask("drop", kind, key)

    def put_log(self, key: str, data: bytes) -> None:
        """Put what a job has printed there."""
        self._ask("put_log", key, data)

    def logs(self) -> set[str]:
        """Return the keys of the logs that are there."""
        return set(self._ask("logs"))

    def log(self, key: str) -> bytes:
        """Return what a job has printed."""
        return bytes(self._ask("log", key))
