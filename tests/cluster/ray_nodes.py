"""A real Ray of two nodes on loopback: a head, and a second node that can be killed."""

from __future__ import annotations

import os
from typing import Any


def missing() -> str:
    """Return why no Ray can be started here; '' where one can."""
    try:
        import ray  # noqa: F401
    except ImportError:
        return "no Ray: pip install 'specbench[ray]'"
    return ""


class RayNodes:
    """The cluster; ``address`` leads to it."""

    def __init__(self) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        # By default 15, which on a machine that others use means hardly ever.
        os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
        from ray.cluster_utils import Cluster

        room = {"object_store_memory": 80 * 2**20, "include_dashboard": False}
        self._cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, **room})
        self._second: Any = None
        self.address = str(self._cluster.address)
        self.start_second()

    def start_second(self) -> None:
        """Start the second node, which alone has what the tests ask of a node to be killed."""
        self._second = self._cluster.add_node(
            num_cpus=2, object_store_memory=80 * 2**20, resources={"second": 1}
        )
        self._cluster.wait_for_nodes()

    def kill_second(self) -> None:
        """Let the second node die, and all that runs on it."""
        self._cluster.remove_node(self._second, allow_graceful=False)

    def stop(self) -> None:
        """End everything."""
        import ray

        ray.shutdown()
        self._cluster.shutdown()
