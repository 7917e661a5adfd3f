"""A mailbox that is a folder on a file system which all nodes share.

waiting/NAME.json       tickets, whole: written aside and renamed
taken/NAME@POOL.json    moved there in one step by the pool that was faster
ended/NAME@POOL.json    moved there when all their jobs have ended
events/POOL.jsonl       what each pool has said, one line at a time
pools/POOL.json         which allocation it is, on which host
beats/POOL              a number that grows while it lives
revoked/POOL            it must stop
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from specbench.results import write_whole
from specbench.scheduler.cluster.mailbox import Posted, Said

_PARTS = ("waiting", "taken", "ended", "events", "pools", "beats", "revoked")


class FolderMailbox:
    """The mailbox at ``root``; see :class:`Mailbox`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._heard: dict[str, int] = {}  # by pool: bytes of its events that were read
        self._handles: dict[str, int] = {}
        for part in _PARTS:
            (root / part).mkdir(parents=True, exist_ok=True)

    def post(self, name: str, ticket: str) -> None:
        """Let a ticket wait to be taken."""
        unfinished = self.root / f".{name}.json"
        unfinished.write_text(ticket, encoding="utf-8")
        unfinished.rename(self._waiting(name))

    def posted(self) -> Posted:
        """Return what is under way."""
        # In the order in which tickets move, so that one that moves meanwhile is not missed.
        waiting = frozenset(self._names("waiting"))
        taken = dict(_split(name) for name in self._names("taken"))
        ended = frozenset(_split(name)[0] for name in self._names("ended"))
        return Posted(waiting, taken, ended)

    def waiting(self) -> list[str]:
        """Return the names of the tickets that wait, those first that should be taken first."""
        return sorted(self._names("waiting"))

    def ticket(self, name: str) -> str | None:
        """Return a ticket that is under way; None where there is no such."""
        for path in self._places(name):
            with suppress(OSError):
                return path.read_text(encoding="utf-8")
        return None

    def take(self, name: str, pool: str) -> str | None:
        """Take a ticket that waits; None where another was faster."""
        path = self._taken(name, pool)
        with suppress(OSError):
            self._waiting(name).rename(path)
        # Asked of the file, not of the renaming: a reply that a network file system has lost is
        # an error of a step that was done.
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            return None

    def put_back(self, name: str, pool: str) -> None:
        """Let a ticket wait again that a pool has taken; nothing where it has ended."""
        with suppress(OSError):
            self._taken(name, pool).rename(self._waiting(name))

    def end(self, name: str, pool: str) -> None:
        """All jobs of a ticket have ended."""
        with suppress(OSError):
            self._taken(name, pool).rename(self.root / "ended" / f"{name}@{pool}.json")

    def forget(self, names: Sequence[str]) -> None:
        """Drop tickets, however they stand."""
        gone = set(names)
        for part in ("waiting", "taken", "ended"):
            for entry in self._entries(part):
                if _split(entry.name.removesuffix(".json"))[0] in gone:
                    with suppress(OSError):
                        os.unlink(entry.path)  # noqa: PTH108

    def say(self, pool: str, name: str, line: str) -> None:
        """Leave word of a ticket for the scheduler."""
        if pool not in self._handles:
            path = self.root / "events" / f"{pool}.jsonl"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._handles[pool] = os.open(path, flags, 0o644)
        os.write(self._handles[pool], (line.rstrip("\n") + "\n").encode())

    def hear(self) -> list[Said]:
        """Return what pools have said since the last call; at the first, all that is kept."""
        found: list[Said] = []
        for entry in self._entries("events"):
            pool, since = entry.name.removesuffix(".jsonl"), self._heard.get(entry.name, 0)
            if entry.stat().st_size <= since:
                continue
            with Path(entry.path).open("rb") as file:
                file.seek(since)
                data = file.read()
            whole = data.rfind(b"\n") + 1
            self._heard[entry.name] = since + whole
            lines = data[:whole].decode("utf-8", errors="replace").splitlines()
            found += [Said(pool, line) for line in lines]
        return found

    def register(self, pool: str, about: Mapping[str, Any]) -> None:
        """A pool has begun; ``about`` holds its allocation, host and number of slots."""
        write_whole(self.root / "pools" / f"{pool}.json", json.dumps(about))

    def pools(self) -> dict[str, dict[str, Any]]:
        """Return what the registered pools have said about themselves, with their last `beat`."""
        found = {}
        for name in self._names("pools"):
            with suppress(OSError, ValueError):
                about = json.loads((self.root / "pools" / f"{name}.json").read_bytes())
                found[name] = {**about, "beat": self._beat(name)}
        return found

    def beat(self, pool: str, count: int) -> None:
        """A pool is alive: its count has grown."""
        path = self.root / "beats" / pool
        path.with_name(f".{pool}").write_text(str(count))
        path.with_name(f".{pool}").rename(path)

    def revoke(self, pool: str) -> None:
        """A pool is given up: it must stop, and nothing of what it has taken is its own."""
        (self.root / "revoked" / pool).touch()
        (self.root / "pools" / f"{pool}.json").unlink(missing_ok=True)
        (self.root / "beats" / pool).unlink(missing_ok=True)

    def is_revoked(self, pool: str) -> bool:
        """Tell whether a pool must stop."""
        return (self.root / "revoked" / pool).exists()

    def _beat(self, pool: str) -> int:
        try:
            return int((self.root / "beats" / pool).read_text())
        except (OSError, ValueError):
            return 0

    def _entries(self, part: str) -> list[os.DirEntry[str]]:
        with os.scandir(self.root / part) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]

    def _names(self, part: str) -> list[str]:
        return [entry.name.removesuffix(".json") for entry in self._entries(part)]

    def _waiting(self, name: str) -> Path:
        return self.root / "waiting" / f"{name}.json"

    def _taken(self, name: str, pool: str) -> Path:
        return self.root / "taken" / f"{name}@{pool}.json"

    def _places(self, name: str) -> Iterator[Path]:
        """Yield where a ticket may lie, in the order in which tickets move."""
        yield self._waiting(name)
        for part in ("taken", "ended"):
            yield from (self.root / part).glob(f"{name}@*.json")


def _split(name: str) -> tuple[str, str]:
    ticket, _, pool = name.partition("@")
    return ticket, pool
