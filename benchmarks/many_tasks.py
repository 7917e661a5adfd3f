"""Many tasks: what planning 40 of them takes, how even drawn groups are, and one run's scores.

- ``groups``: 200 groups of 5 of 40 tasks under twenty seeds, how often each pair occurs;
- ``plan``: `specbench plan` of 40 tasks with singles, pairs, all and 200 groups of 5, seconds of
  the process with its imports;
- ``scores``: TAG, CS, ETAP and Grad-TAG of all 1,560 ordered pairs of 40 attributes from one
  training, with statistics, store and report of everything: seconds of all processes.

Figures are seconds of processor time, so that other processes disturb them little. Measured on an
AMD EPYC with AVX2, torch 2.15, one thread a process:

==========  ======================================================================================
what        measured
==========  ======================================================================================
MEASURED
==========  ======================================================================================

Run ``python benchmarks/many_tasks.py groups plan scores``. The source is made up: pictures of two
shapes, forty yes-or-no questions about their places, sizes and colours.
"""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt

from specbench.choose.balanced import balanced_groups

TASKS, SIZE = 40, 32
COUNTS = {"train": 1024, "val": 256, "test": 256}
NAMES = [f"attribute_{number:02d}" for number in range(TASKS)]

SPEC = """\
[data]
kind = "arrays"
root = "source"
image_size = {size}
{tasks}
[networks]
width = 16
features = 32
groups = {groups}
[training]
epochs = 8
batch_size = 32
{scores}
"""


def spec(groups: str, scores: str) -> str:
    """Return a study of the forty attributes."""
    tasks = "".join(
        f'[tasks.{name}]\ndomain = "{name}"\nkind = "image_class"\nclasses = 2\n' for name in NAMES
    )
    return SPEC.format(size=SIZE, tasks=tasks, groups=groups, scores=scores)


def make_source(folder: Path) -> None:
    """Write pictures of two shapes and forty questions about them, as a source of arrays."""
    manifest = ['input = "rgb"\n[domains.rgb]\nform = "image"']
    manifest += [f'[domains.{name}]\nform = "image_class"\nclasses = 2' for name in NAMES]
    folder.mkdir()
    (folder / "manifest.toml").write_text("\n".join(manifest) + "\n")
    asked = np.random.default_rng(0).normal(size=(TASKS, 12))
    for seed, (split, count) in enumerate(COUNTS.items()):
        rng = np.random.default_rng(seed)
        shapes = rng.random((count, 2, 6))  # x, y, radius, red, green, blue
        (folder / split).mkdir()
        np.save(folder / split / "rgb.npy", np.stack([picture(one, rng) for one in shapes]))
        answers = (shapes.reshape(count, 12) - 0.5) @ asked.T
        for name, column in zip(NAMES, answers.T, strict=True):
            np.save(folder / split / f"{name}.npy", (column > 0).astype(np.int64))


def picture(shapes: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return two discs on a noisy ground, (3, SIZE, SIZE)."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    image = rng.normal(0.5, 0.05, (3, SIZE, SIZE))
    for place, (centre_x, centre_y, radius, *colour) in enumerate(shapes):
        half = 0.25 + 0.5 * place
        inside = (x - half) ** 2 / 4 + (y - 0.2 - 0.6 * centre_y) ** 2 < (0.05 + 0.15 * radius) ** 2
        image[:, inside] = (np.array(colour) * (0.5 + 0.5 * centre_x))[:, None]
    return (255 * image.clip(0, 1)).astype(np.uint8)


def groups() -> None:
    """Print how evenly pairs occur."""
    for seed in range(20):
        met = np.zeros((TASKS, TASKS), dtype=int)
        for group in itertools.islice(balanced_groups(TASKS, 5, seed), 200):
            met[np.ix_(group, group)] += 1
        pairs = Counter(met[np.triu_indices(TASKS, 1)].tolist())
        print(
            f"seed {seed}: tasks in {set(met.diagonal())}, pairs in {dict(sorted(pairs.items()))}"
        )


def plan(folder: Path) -> None:
    """Print the seconds that planning takes."""
    drawn = "['singles', 'pairs', 'all', {random = 200, size = 5}]"
    (folder / "plan.toml").write_text(spec(drawn, "[scores.tag]\n[scores.cs]\n[scores.etap]"))
    for _ in range(3):
        print(f"plan: {seconds_of(folder, 'plan', 'plan.toml'):.2f} s")


def scores(folder: Path) -> None:
    """Print the seconds that one run's scores take, and its report."""
    wanted = "[scores.tag]\n[scores.cs]\n[scores.etap]\n[scores.grad_tag]"
    (folder / "scores.toml").write_text(spec("['all']", wanted))
    print(f"run: {seconds_of(folder, 'run', 'scores.toml', '--workers', '2'):.0f} s")
    print(f"report: {seconds_of(folder, 'report', 'scores.toml'):.0f} s")


def seconds_of(folder: Path, *words: str) -> float:
    """Return the processor seconds of a command and of all processes it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "specbench", *words]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure what the command line names, or all."""
    wanted = sys.argv[1:] or ["groups", "plan", "scores"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "groups" in wanted:
            groups()
        if {"plan", "scores"} & set(wanted):
            make_source(folder / "source")
        if "plan" in wanted:
            plan(folder)
        if "scores" in wanted:
            scores(folder)


if __name__ == "__main__":
    main()
