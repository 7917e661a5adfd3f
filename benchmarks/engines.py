"""What a job costs beyond its work, on this machine, on Slurm and on Ray.

Jobs that end at once, through two slots: rendering jobs whose recipe lacks a seed. A real Slurm of
one node and a real Ray of two nodes are started on loopback, as the tests do; an engine that is not
installed is left out.

- ``first``: seconds from handing out the first job to its end, with the queue, the start of an
  allocation and of a worker process;
- ``each``: milliseconds of wall clock per job of the others, all slots busy;
- ``scheduler``: milliseconds of the scheduler's processor time per job.

Measured on two cores of an AMD EPYC (AVX-512) with a load of eleven processes of others, 200 jobs:

======  ======  =======  =========
engine  first   each     scheduler
======  ======  =======  =========
local   1.2 s   4.6 ms   0.34 ms
slurm   3.7 s   6.4 ms   0.21 ms
ray     2.5 s   25.9 ms  0.80 ms
======  ======  =======  =========

Run ``python benchmarks/engines.py``; ``--jobs N`` sets how many, ``--out FILE`` writes the figures.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cluster import ray_nodes
from cluster import slurm as slurm_node
from machine import in_words, machine, table, write

from specbench.jobs.ticket import Ticket
from specbench.results import Results
from specbench.scheduler.cluster.cluster import Cluster
from specbench.scheduler.devices import Slot
from specbench.scheduler.executor import Executor
from specbench.scheduler.local import LocalExecutor
from specbench.spec.executor import ExecutorSection

SLOTS = 2


@contextmanager
def local(root: Path) -> Iterator[Executor]:
    """Give an executor of this machine."""
    executor = LocalExecutor([Slot("cpu")] * SLOTS)
    yield executor
    executor.close()


@contextmanager
def on_slurm(root: Path) -> Iterator[Executor]:
    """Give an executor on a Slurm that was started for it."""
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        node = slurm_node.Slurm(Path(folder))
        try:
            node.start()
            with _cluster(root, {"kind": "slurm"}) as executor:
                yield executor
        finally:
            node.stop()


@contextmanager
def on_ray(root: Path) -> Iterator[Executor]:
    """Give an executor on a Ray that was started for it."""
    nodes = ray_nodes.RayNodes()
    try:
        with _cluster(root, {"kind": "ray", "ray": {"address": nodes.address}}) as executor:
            yield executor
    finally:
        nodes.stop()


@contextmanager
def _cluster(root: Path, told: dict[str, Any]) -> Iterator[Executor]:
    settings = {"slots": SLOTS, "allocations": 1, "ahead": 100, **told}
    cluster = Cluster(Results.at(root), ExecutorSection.model_validate(settings))
    try:
        yield cluster.start(lambda: LocalExecutor([]))
    finally:
        cluster.cancel()


def measure(executor: Executor, root: Path, jobs: int) -> dict[str, float]:
    """Return what jobs that end at once cost."""
    first = run(executor, root, 1)[0]
    run(executor, root, 2 * SLOTS)  # the other slots have their processes too
    seconds, used = run(executor, root, jobs)
    return {
        "first_seconds": first,
        "each_milliseconds": 1e3 * seconds / jobs,
        "scheduler_milliseconds": 1e3 * used / jobs,
    }


def run(executor: Executor, root: Path, jobs: int) -> tuple[float, float]:
    """Run jobs to their end; return the seconds of the wall clock and of this process."""
    started, used, waiting, under_way = time.monotonic(), time.process_time(), jobs, set()
    while waiting or under_way:
        while waiting and executor.free(False):
            key = os.urandom(10).hex()
            executor.submit(Ticket(key, "rooms", {}, {}, str(root)), False)
            under_way.add(key)
            waiting -= 1
        event = executor.next(0.25)
        if event is not None and event.word == "failed":
            under_way.discard(event.key)
    return time.monotonic() - started, time.process_time() - used


def main() -> None:
    """Measure every engine there is, print a table, write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    engines: dict[str, tuple[str, Callable[[Path], Any]]] = {
        "local": ("", local),
        "slurm": (slurm_node.missing(), on_slurm),
        "ray": (ray_nodes.missing(), on_ray),
    }
    about = machine("submitit", "ray")
    rows: list[tuple[object, ...]] = [("engine", "first", "each", "scheduler")]
    found: dict[str, Any] = {}
    for name, (absent, start) in engines.items():
        if absent:
            rows.append((name, absent, "", ""))
            continue
        with ExitStack() as stack:
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="engines-")))
            found[name] = measure(stack.enter_context(start(root)), root, asked.jobs)
        first, each, used = found[name].values()
        rows.append((name, f"{first:.1f} s", f"{each:.1f} ms", f"{used:.2f} ms"))
    print(in_words(about))
    print(table(rows))
    write(asked.out, {"machine": about, "jobs": asked.jobs, "engines": found})


if __name__ == "__main__":
    main()
