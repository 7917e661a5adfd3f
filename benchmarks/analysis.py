"""How long the statistics and the choice of networks take, and how well the intervals cover.

Run it with one thread, as a worker would: ``OMP_NUM_THREADS=1 python benchmarks/analysis.py``.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import numpy as np

from specbench.choose.exact import Search
from specbench.choose.worst import worst_set
from specbench.stats.agreement import agree
from specbench.stats.coverage import simulated_coverage
from specbench.stats.simulation import Shares, even_shares, simulate


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Return the least processor time of a few repeats, which other work does not count into."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def agreement(n_tasks: int, n_seeds: int, n_scores: int) -> float:
    """Return the seconds of a whole agreement: all measures, fits, targets, p and intervals."""
    rng = np.random.default_rng(0)
    shares = Shares(0.2, 0.2, 0.4, 0.2)
    scores, gains = simulate(shares, n_tasks, n_seeds, n_scores, rng, correlation=0.5)
    named = {f"score{i}": table for i, table in enumerate(scores)}
    tasks = [f"task{i}" for i in range(n_tasks)]
    return seconds(lambda: agree(gains[0], named, tasks), 3 if n_tasks < 8 else 1)


def choice(n_tasks: int, n_candidates: int) -> tuple[float, float]:
    """Return the seconds of the first budget (which fills the table) and of each further one."""
    rng = np.random.default_rng(0)
    losses = rng.random((n_candidates, n_tasks))
    losses[rng.random(losses.shape) < 0.5] = np.nan
    losses[0] = 1.0
    costs, names = rng.uniform(0.2, 2, n_candidates), [str(i) for i in range(n_candidates)]
    search = Search(losses, costs, names)
    return seconds(lambda: search.best(3.0), 1), seconds(lambda: search.best(5.0))


def worst(n_tasks: int, n_candidates: int, budget: float) -> float:
    """Return the seconds to find the worst full set."""
    rng = np.random.default_rng(0)
    losses = rng.random((n_candidates, n_tasks))
    losses[rng.random(losses.shape) < 0.5] = np.nan
    losses[0] = 1.0
    costs, names = rng.choice([0.5, 1.0], n_candidates), [str(i) for i in range(n_candidates)]
    return seconds(lambda: worst_set(losses, costs, names, budget), 1)


def main() -> None:
    """Print every figure."""
    threads = os.environ.get("OMP_NUM_THREADS", "default")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {threads} thread(s)")
    print("agreement, 10 scores, 10,000 resamples, every measure, fit, target, p and interval:")
    for n_tasks, n_seeds in ((5, 1), (5, 3), (8, 3)):
        print(f"  {n_tasks} tasks, {n_seeds} seeds: {agreement(n_tasks, n_seeds, 10):.2f} s")
    first, further = choice(8, 300)
    print(f"exact choice, 8 tasks, 300 candidates: {first:.2f} s, further budgets {further:.3f} s")
    print(f"worst set, 5 tasks, 36 candidates, budget 5: {worst(5, 36, 5.0):.2f} s")
    print("coverage of the 95 % interval over tasks, 12 tasks, 10 seeds:")
    for effect in (0.0, 0.2, 0.4, 0.5):
        found = simulated_coverage(12, 10, even_shares(effect), studies=4000)
        print(
            f"  targets and partners hold {effect:.0%} each: {found.value:.3f} ± {found.error:.3f}"
        )


if __name__ == "__main__":
    main()
