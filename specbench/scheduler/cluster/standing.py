"""What is queued and running on a cluster, as a person asks for it while nothing runs here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from specbench.errors import EngineError
from specbench.results import Results
from specbench.scheduler.cluster.cluster import Cluster, noted
from specbench.scheduler.cluster.executor import describe
from specbench.scheduler.cluster.mailbox import Name


def bring_logs(results: Results) -> None:
    """Fetch the logs of jobs that run, or ran, where this folder is not shared."""
    settings = noted(results)
    if settings is not None and settings.kind == "ray" and not settings.ray.shared:
        carrier = Cluster(results, settings).carrier
        if carrier is not None:
            carrier.collect_logs()


def elsewhere(results: Results) -> Iterator[str]:
    """Yield lines about allocations and tickets; none where nothing was sent elsewhere."""
    settings = noted(results)
    if settings is None:
        return
    try:
        cluster = Cluster(results, settings)
        allocations = cluster.engine.allocations()
        posted, pools = cluster.mailbox.posted(), cluster.mailbox.pools()
    except EngineError as error:
        yield str(error)
        return
    if allocations is None:
        yield f"{settings.kind} does not answer"
        allocations = {}
    yield describe(settings.kind, allocations)
    taken = Counter(posted.taken.values())
    hosts = {str(about["allocation"]): (pool, about) for pool, about in pools.items()}
    for name, each in sorted(allocations.items()):
        pool, about = hosts.get(name, ("", {}))
        parts = [each.state, each.queue, each.node or str(about.get("host", "")), each.reason]
        at_work = f", {taken[pool]} of {about['slots']} slots at work" if pool else ""
        yield f"  {name}: {' '.join(part for part in parts if part)}{at_work}"
    for name, pool in sorted(posted.taken.items()):
        if pool in pools:
            where = f"{pools[pool]['host']}, allocation {pools[pool]['allocation']}"
            yield f"  {Name.parse(name).key}: on {where}"
    if posted.waiting:
        yield f"  {len(posted.waiting)} tickets wait to be taken"
