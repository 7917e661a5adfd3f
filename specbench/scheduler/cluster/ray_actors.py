"""What runs as Ray's actors: the mailbox with its depot, and the pools."""

from __future__ import annotations

import platform
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specbench.scheduler.cluster.depot import Depot
from specbench.scheduler.cluster.memory import MemoryMailbox
from specbench.scheduler.cluster.pool import Pool, PoolSettings
from specbench.scheduler.cluster.ray_calls import RayMailbox
from specbench.scheduler.cluster.sent import Sent
from specbench.scheduler.cluster.slots import slots_of


class HeadActor(MemoryMailbox):
    """What lives on the head node: the mailbox, and references to folders in the object store."""

    def __init__(self) -> None:
        super().__init__()
        self._coming: dict[str, list[Any]] = {}
        self._folders: dict[tuple[str, str], list[Any]] = {}
        self._logs: dict[str, bytes] = {}

    def piece(self, mark: str, data: bytes) -> None:
        """Take a piece of a folder; owned by this actor, so it outlives whoever sent it."""
        import ray

        self._coming.setdefault(mark, []).append(ray.put(data))

    def whole(self, mark: str, kind: str, key: str) -> None:
        """All pieces of a folder are there: it takes the place of an earlier one."""
        self._folders[kind, key] = self._coming.pop(mark, [])

    def folder(self, kind: str, key: str) -> list[Any] | None:
        """Return references to the pieces of a folder."""
        return self._folders.get((kind, key))

    def folders(self, kind: str) -> set[str]:
        """Return the keys of the folders of a kind."""
        return {key for each, key in self._folders if each == kind}

    def drop(self, kind: str, key: str) -> None:
        """Remove a folder."""
        self._folders.pop((kind, key), None)

    def put_log(self, key: str, data: bytes) -> None:
        """Keep a log."""
        self._logs[key] = data

    def logs(self) -> set[str]:
        """Return the keys of the logs."""
        return set(self._logs)

    def log(self, key: str) -> bytes:
        """Return a log."""
        return self._logs.get(key, b"")


class PoolActor:
    """An actor that holds a pool; the pool works in a thread, so that the actor can answer."""

    def __init__(self, name: str, head: Any, depot: Depot | None, plan: Mapping[str, Any]) -> None:
        slots = slots_of(plan["slots"], plan["gpus"])
        settings = PoolSettings(slots, plan["idle"], plan["limit"], plan["side_by_side"])
        sending = None
        if depot is not None:
            scratch = plan["scratch"] or Path(tempfile.gettempdir()) / "specbench"
            sending = Sent(depot, Path(scratch) / plan["folder"])
        pool = Pool(RayMailbox(head), name, settings, sending)
        threading.Thread(target=self._work, args=(pool,), daemon=True).start()

    def host(self) -> str:
        """Return where this actor is."""
        return platform.node()

    def _work(self, pool: Pool) -> None:
        import ray

        try:
            pool.run()
        finally:
            ray.kill(ray.get_runtime_context().current_actor, no_restart=True)
