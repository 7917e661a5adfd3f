"""A study of 100,000 jobs on 1,000 slots: what planning, submitting and ingest cost, and memory.

The scheduler is the real one, down to the mailbox on disk: plan, order, journal, display, store,
the executor of clusters. Simulated are the engine and its nodes: allocations that wait in a queue
for half a minute to ten, last eight hours and take tickets, jobs that take as long as estimated,
give or take, on a clock of their own, with made-up results; one allocation in fifty is lost. The
statistics of the results are left out (``benchmarks/analysis.py`` has them; ``--analysis`` adds
them here).

Everything under "seconds" is processor time of this one process, the simulated nodes' file writing
included where it says so. Measured on a virtual machine with two cores of an AMD EPYC (AVX-512),
which other work kept busy:

================================  ===========  ============
what                              9,889 jobs   97,060 jobs
================================  ===========  ============
plan                              0.6 s        8.5 s
schedule, with ingest and store   18 s         212 s
the same, a job                   1.8 ms       2.2 ms
to post a ticket (wall clock)     0.3 ms       0.2 ms
the finished study once more      1.6 s        16 s
most tickets in the mailbox       1,500        1,500
largest memory                    280 MB       1,583 MB
store, journal, events            8, 3, 3 MB   42, 29, 31 MB
hours of the simulated clock      0.9          7.0
allocations lost                  1            0
================================  ===========  ============

The folder lay in memory (``TMPDIR=/dev/shm``): on the machine's disk, two files a job take longer
than all else.

Run ``python benchmarks/many_jobs.py --jobs 100000 --slots 1000``; ``--out FILE`` writes them.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from machine import table, write

from specbench.jobs.ticket import Ticket
from specbench.plan.grid import expand
from specbench.results import CHECKSUMS, RESULT, Results, describe
from specbench.scheduler import run as scheduler_run
from specbench.scheduler.cluster.engine import Allocation
from specbench.scheduler.cluster.executor import ClusterExecutor
from specbench.scheduler.cluster.folder import FolderMailbox
from specbench.scheduler.display import Display
from specbench.spec.executor import ExecutorSection
from specbench.spec.load import load
from specbench.store.derived import fill_derived

TASKS = (
    "depth_zbuffer", "normal", "edge_texture", "keypoints2d", "segment_semantic", "autoencoding",
    "depth_euclidean", "edge_occlusion", "reshading", "principal_curvature", "class_scene",
)  # fmt: skip
SPEC = """\
[study]
seeds = {seeds}
[data]
kind = "rooms"
image_size = 32
train_images = 64
val_images = 16
test_images = 16
[tasks]
{tasks}
[networks]
width = 4
groups = ["singles", "pairs", "all", {{random = 300, size = 5}}]
[training]
epochs = 2000
[conditions.axes]
"training.learning_rate" = {rates}
[scores.td]
[scores.rsa]
"""
_PER_SEED = 11 * 2 + 55 + 1 + 300 + 1
"""Jobs of one condition and seed: networks of eleven tasks, and the features' score."""


class Nodes:
    """A clock, an engine and its nodes. Allocations hold ``slots`` jobs each."""

    name = "simulated"

    def __init__(self, mailbox: FolderMailbox, slots: int, seed: int = 0) -> None:
        self.now = 0.0
        self.work = 0.0  # processor seconds that stand for what nodes would do
        self.lost = 0
        self.slot_seconds = 0.0
        self._mailbox, self._slots, self._random = mailbox, slots, random.Random(seed)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._states: dict[str, Allocation] = {}
        self._free: dict[str, int] = {}
        self._beats = 1
        self._beat()

    def start(self, count: int) -> None:
        """Queue so many allocations."""
        for _ in range(count):
            name = f"{next(self._count)}"
            self._states[name] = Allocation(name, "queued", "simulated", "", "Priority")
            self._at(self._random.uniform(30, 600), lambda name=name: self._begin(name))

    def allocations(self) -> dict[str, Allocation]:
        """Return those queued or running."""
        return dict(self._states)

    def end(self, name: str) -> None:
        """End one."""
        self._states.pop(name, None)
        self._free.pop(name, None)

    def cancel(self) -> None:
        """End all."""
        self._states.clear()
        self._free.clear()

    def close(self) -> None:
        """Do nothing: nothing else is kept."""

    def last_words(self) -> str:
        """Return nothing: nobody prints."""
        return ""

    def sleep(self, seconds: float) -> None:
        """Let the nodes work until something may be heard of them."""
        started = time.process_time()
        self.now = max(self.now + seconds, self._due[0][0] if self._due else 0.0)
        while self._due and self._due[0][0] <= self.now:
            heapq.heappop(self._due)[-1]()
        if any(self._free.values()):
            self._fill()
        self.work += time.process_time() - started

    def _at(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._count), do))

    def _begin(self, name: str) -> None:
        if name not in self._states:
            return
        self._states[name] = Allocation(name, "running", "simulated", f"node{name}")
        self._free[name] = self._slots
        about = {"allocation": name, "host": f"node{name}", "slots": self._slots}
        self._mailbox.register(name, about)
        lost = self._random.random() < 0.02
        lasts = 8 * 3600 * (self._random.random() if lost else 1.0)
        self._at(lasts, lambda: self._lose(name))
        self._mailbox.beat(name, 1)

    def _beat(self) -> None:
        """Let all allocations beat, every half minute and at once, for the clock jumps to each."""
        self._beats += 1
        for name in self._free:
            self._mailbox.beat(name, self._beats)
        self._at(30, self._beat)

    def _lose(self, name: str) -> None:
        if self._states.pop(name, None) is not None:
            self.lost += 1
            self._free.pop(name, None)

    def _fill(self) -> None:
        waiting = iter(self._mailbox.waiting())
        for name in [name for name, free in self._free.items() for _ in range(free)]:
            taken = next(waiting, None)
            if taken is None:
                return
            line = self._mailbox.take(taken, name)
            if line is not None:
                self._free[name] -= 1
                self._run(name, taken, Ticket.parse(line))

    def _run(self, pool: str, name: str, ticket: Ticket) -> None:
        at = 0.0
        place = {"host": f"node{pool}", "allocation": pool}
        for job in ticket.jobs:
            self._tell(pool, name, job, "started", {"place": place})
            seconds = max(1.0, job.seconds * self._random.lognormvariate(0.0, 0.3))
            at += seconds
            self.slot_seconds += seconds
            last = job is ticket.jobs[-1]
            self._at(at, lambda j=job, s=seconds, end=last: self._done(pool, name, j, s, end))

    def _done(self, pool: str, name: str, job: Ticket, seconds: float, last: bool) -> None:
        if pool not in self._states:
            return
        make_up(job, seconds)
        self._tell(pool, name, job, "done", {"seconds": seconds})
        if last:
            self._mailbox.end(name, pool)
            self._free[pool] += 1

    def _tell(self, pool: str, name: str, job: Ticket, word: str, details: Any) -> None:
        said = {"name": name, "key": job.key, "event": word, "details": details}
        self._mailbox.say(pool, name, json.dumps(said))


def make_up(ticket: Ticket, seconds: float) -> None:
    """Write a result folder as a worker does, of made-up numbers, flushed by nobody."""
    folder = Path(ticket.results) / ticket.key
    if folder.exists():
        return
    record = {
        "key": ticket.key,
        "kind": ticket.kind,
        "content": ticket.content,
        "result": made_up(ticket.kind, ticket.content, random.Random(ticket.key)),
        "run": {"seconds": seconds, "host": "nowhere", "device": "cpu"},
    }
    data = json.dumps(record).encode()
    making = folder.with_name(f".making-{ticket.key}")
    making.mkdir()
    (making / RESULT).write_bytes(data)
    (making / CHECKSUMS).write_text(json.dumps({RESULT: describe(data)}))
    making.rename(folder)


def made_up(kind: str, content: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return what a job of a kind might have found."""
    splits = ("train", "val", "test")
    if kind == "select":
        prints = {domain: dict.fromkeys(splits, domain) for domain in content["packs"]}
        counts = {split: {"images": 64, "excluded": {}} for split in splits}
        return {"ids": dict.fromkeys(splits, "some"), "splits": counts, "fingerprints": prints}
    if kind == "constant":
        return {"losses": [{"split": split, "loss": rng.uniform(1, 2)} for split in splits[1:]]}
    if kind == "score":
        pairs = itertools.permutations(content["tasks"], 2)
        about = {"state": "defined", "reason": "", "macs": 10.0, "seconds": 0.25}
        return {
            "rows": [{"target": a, "partner": b, "value": rng.gauss(), **about} for a, b in pairs]
        }
    if kind != "network":
        return {}
    rows = [(task, split) for task in content["tasks"] for split in splits]
    return {
        "parameters": 100,
        "macs": 1000,
        "images_per_second": 50.0,
        "best_epoch": 1,
        "losses": [{"target": t, "split": s, "loss": rng.uniform(0.2, 1)} for t, s in rows],
        "metrics": [],
        "curves": [],
    }


class Silent(Display):
    """A display that counts what it says and prints the last of it."""

    def __init__(self) -> None:
        super().__init__(live=False)
        self.lines = self.longest = 0

    def say(self, text: str) -> None:
        """Count a line."""
        self.lines += 1
        self.longest = max(self.longest, len(text))


def simulate(jobs: int, slots: int, folder: Path, analysis: bool = False) -> dict[str, Any]:
    """Run a study of about so many jobs; return what it took."""
    points = max(1, round(jobs / _PER_SEED))
    seeds = min(32, max(1, points // 2))
    rates = [round(0.0005 + 0.00001 * step, 6) for step in range(max(1, points // seeds - 1))]
    tasks = "\n".join(f"{name} = {{}}" for name in TASKS)
    path = folder / "many.toml"
    path.write_text(SPEC.format(seeds=seeds, rates=rates, tasks=tasks))
    results = Results.at(folder / "results")
    clock = time.process_time
    started = clock()
    study = load(path)
    loaded = clock()
    plan = expand(study, results)
    planned = clock()
    count = len(plan.jobs)
    del plan
    per_pool = min(8, slots)
    settings = ExecutorSection(
        kind="slurm", allocations=max(1, slots // per_pool), slots=per_pool, ahead=0.5
    )
    mailbox = FolderMailbox(results.cluster)
    nodes = Nodes(mailbox, per_pool)
    posts: list[float] = []
    most = 0

    class Timed(ClusterExecutor):
        def submit(self, ticket: Ticket, on_device: bool) -> None:
            nonlocal most
            before = time.perf_counter()
            super().submit(ticket, on_device)
            posts.append(time.perf_counter() - before)
            most = max(most, len(self._out))

    def start() -> Timed:
        return Timed(mailbox, nodes, settings, clock=lambda: nodes.now, sleep=nodes.sleep)

    analysed: list[float] = []

    def analyse(*arguments: Any) -> bool:
        before = clock()
        changed = analysis and fill_derived(*arguments)
        analysed.append(clock() - before)
        return changed

    scheduler_run.fill_derived = analyse  # type: ignore[attr-defined]
    display = Silent()
    wall = time.monotonic()
    outcome = scheduler_run.run_study(study, results, start, display)
    assert outcome.ok, outcome
    ran = clock()
    scheduled = ran - planned - nodes.work - analysed[0]
    again = scheduler_run.run_study(study, results, start, display)
    assert again.ran == 0, again
    events = sum(path.stat().st_size for path in (results.cluster / "events").iterdir())
    return {
        "jobs": count,
        "slots": settings.allocations * settings.slots,
        "conditions": len(study.conditions),
        "virtual_hours": nodes.now / 3600,
        "slot_seconds": nodes.slot_seconds,
        "allocations_lost": nodes.lost,
        "most_posted": most,
        "load_seconds": loaded - started,
        "plan_seconds": planned - loaded,
        "schedule_seconds": scheduled,
        "analysis_seconds": analysed[0],
        "nodes_seconds": nodes.work,
        "wall_seconds": time.monotonic() - wall,
        "post_milliseconds": 1e3 * sum(posts) / len(posts),
        "schedule_milliseconds_a_job": 1e3 * scheduled / count,
        "second_run_seconds": clock() - ran,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "store_mb": results.store.stat().st_size / 1e6,
        "journal_mb": (results.study(study.name) / "journal.jsonl").stat().st_size / 1e6,
        "events_mb": events / 1e6,
        "longest_line": display.longest,
    }


def main() -> None:
    """Simulate, print a table, write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--slots", type=int, default=1_000)
    parser.add_argument("--analysis", action="store_true", help="compute agreement as well")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="many-jobs-") as folder:
        found = simulate(asked.jobs, asked.slots, Path(folder), asked.analysis)
    print(table([("what", "measured"), *((name, f"{v:.4g}") for name, v in found.items())]))
    write(asked.out, found)


if __name__ == "__main__":
    main()
