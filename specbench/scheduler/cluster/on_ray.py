"""Ray: a mailbox actor on the head node, pools as actors anywhere, all of them detached.

Detached actors outlive the scheduler's connection; a pool whose node dies is started again by Ray
on another.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from contextlib import suppress
from typing import Any

from specbench.errors import EngineError
from specbench.results import Results
from specbench.scheduler.cluster.depot import Depot
from specbench.scheduler.cluster.engine import Allocation
from specbench.scheduler.cluster.ray_actors import HeadActor, PoolActor
from specbench.scheduler.cluster.ray_calls import RayDepot, RayMailbox
from specbench.scheduler.cluster.url_depot import UrlDepot
from specbench.spec.executor import ExecutorSection

_MAILBOX = "mailbox"


class RayEngine:
    """The actors of one results folder, in a namespace made of its path."""

    name = "ray"

    def __init__(
        self,
        results: Results,
        settings: ExecutorSection,
        limit: float | None = None,
        side_by_side: int = 1,
    ) -> None:
        try:
            import ray
        except ImportError as error:
            raise EngineError("--executor ray needs Ray", "pip install 'specbench[ray]'") from error
        self._ray = ray
        self._settings = settings
        self.namespace = namespace(results)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            ray.init(
                address=settings.ray.address,
                namespace=self.namespace,
                log_to_driver=False,
                logging_level=logging.ERROR,
                ignore_reinit_error=True,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EngineError(
                f"no Ray at '{settings.ray.address}': {str(error).splitlines()[0]}",
                "start one by ray start --head, or set executor.ray.address",
            ) from error
        self._head = self._start_head()
        self.mailbox = RayMailbox(self._head)
        self.depot: Depot | None = None if settings.ray.shared else self._make_depot()
        self._plan = {
            "slots": settings.slots,
            "gpus": settings.gpus,
            "idle": settings.idle_seconds,
            "limit": limit,
            "side_by_side": side_by_side,
            "scratch": settings.ray.scratch,
            "folder": self.namespace,
        }
        self._asked: dict[str, Any] = {}  # by actor: an answer on its way
        self._found: dict[str, Allocation] = {}

    def start(self, count: int) -> None:
        """Make so many actors; Ray queues those for which there is no room."""
        settings = self._settings
        memory = settings.memory_gb
        options = {
            "lifetime": "detached",
            "max_restarts": settings.requeues,
            "num_cpus": settings.cpus * settings.slots,
            "num_gpus": settings.gpus * settings.slots,
            "memory": None if memory is None else int(memory * settings.slots * 2**30),
            "resources": {n: a * settings.slots for n, a in settings.ray.resources.items()},
            "runtime_env": {"env_vars": settings.ray.environment},
            "namespace": self.namespace,
        }
        for _ in range(count):
            name = f"pool-{uuid.uuid4().hex[:8]}"
            actor = self._ray.remote(PoolActor).options(name=name, **options)
            handle: Any = actor.remote(name, self._head, self.depot, self._plan)
            self._asked[name] = handle.host.remote()

    def allocations(self) -> dict[str, Allocation] | None:
        """Return the pools' actors, those that have not answered yet as queued."""
        ray = self._ray
        try:
            names = set(self._names())
        except (ConnectionError, RuntimeError):
            return None
        address = self._settings.ray.address
        found = {}
        for name in names:
            if name not in self._asked:
                try:
                    self._asked[name] = ray.get_actor(name, self.namespace).host.remote()
                except ValueError:
                    continue
            answered, _ = ray.wait([self._asked[name]], timeout=0)
            state = self._found.get(name, Allocation(name, "queued", address))
            if answered:
                del self._asked[name]
                try:
                    state = Allocation(name, "running", address, ray.get(answered[0]))
                except ray.exceptions.RayActorError:
                    state = Allocation(name, "queued", address, "", "restarted")
            found[name] = state
        self._found = found
        return dict(found)

    def end(self, name: str) -> None:
        """End one actor, and do not start it again."""
        self._kill(name)

    def cancel(self) -> None:
        """End all pools."""
        for name in self._names():
            self._kill(name)

    def close(self) -> None:
        """End the mailbox, and with it the folders in the object store."""
        self._ray.kill(self._head, no_restart=True)

    def last_words(self) -> str:
        """Return nothing: Ray keeps the logs of its workers itself."""
        return "see the logs of Ray's workers, in session_latest/logs of Ray's folder on the node"

    def _make_depot(self) -> Depot:
        return UrlDepot(self._settings.depot) if self._settings.depot else RayDepot(self._head)

    def _names(self) -> list[str]:
        # Not of the connection's own namespace: a process has one connection for all its folders.
        found = self._ray.util.list_named_actors(all_namespaces=True)
        here = [str(actor["name"]) for actor in found if actor["namespace"] == self.namespace]
        return [name for name in here if name != _MAILBOX]

    def _kill(self, name: str) -> None:
        with suppress(ValueError):  # it has ended by itself
            self._ray.kill(self._ray.get_actor(name, self.namespace), no_restart=True)

    def _start_head(self) -> Any:
        """Return the mailbox's actor, made on the head node where there is none."""
        return (
            self._ray.remote(HeadActor)
            .options(
                name=_MAILBOX,
                namespace=self.namespace,
                lifetime="detached",
                get_if_exists=True,
                num_cpus=0,
                resources={"node:__internal_head__": 0.001},
            )
            .remote()
        )


def namespace(results: Results) -> str:
    """Return Ray's namespace for the actors of a results folder."""
    return f"specbench-{hashlib.sha256(os.fsencode(results.root.resolve())).hexdigest()[:12]}"
