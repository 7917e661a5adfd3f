"""What there is around the jobs: planning, scheduling, starting workers, packing, memory.

- ``plan``: planning a study of about 10,000 jobs, in the library and by `specbench plan`;
- ``jobs``: 1,000 jobs that do nothing, scheduled to one worker a core and stored: what each costs;
- ``again``: `specbench run` of a finished study of about 10,000 jobs;
- ``start``: from starting a worker process to its first word, beside `import torch` alone;
- ``pack``: seven domains of 512-pixel PNGs packed at 128 pixels by a job a core, beside Pillow's
  decoding of the same files on as many processes;
- ``memory``: what a training worker holds for itself over a little and over eight times the data.

All figures are seconds on the clock. Run ``python benchmarks/around.py`` on a quiet machine, or
name some of the parts; what was measured on what stands in ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from machine import in_words, machine, table, write
from PIL import Image

from specbench.data.pack import pack_domain
from specbench.data.source import SPLITS, make_source
from specbench.plan.grid import expand
from specbench.results import Results
from specbench.scheduler.devices import Slot, cores
from specbench.spec.load import load
from specbench.testing.probes import make_data

_HERE = Path(__file__).parent
_WORKER = "from specbench.scheduler import local; local.WORKER = ({worker!r},)\n"
_MAIN = "import sys; from specbench.cli import main\nsys.argv = {words!r}; main()\n"


STUDY = """\
[study]
seeds = {seeds}
[data]
kind = "rooms"
image_size = 48
[tasks]
segment_semantic = {{}}
depth_zbuffer = {{}}
normal = {{}}
keypoints2d = {{}}
edge_texture = {{}}
[networks]
groups = ["singles", "pairs", "all"]
single_capacities = [0.5, 1.0]
[conditions.axes]
"training.learning_rate" = [0.001, 0.002, 0.003, 0.004, 0.005]
[scores]
td = {{}}
ias = {{}}
rsa = {{}}
li = {{}}
gs = {{}}
gt = {{}}
tag = {{}}
cs = {{}}
etap = {{}}
cka = {{}}
"""
"""Five tasks, five learning rates, ten scores: about 300 jobs a seed."""


def specbench(*words: str, cwd: Path, idle: bool = False) -> float:
    """Return the seconds of a command, its start included; with ``idle`` its jobs do nothing."""
    if idle:
        worker = _WORKER.format(worker=str(_HERE / "idle_worker.py"))
        command = [sys.executable, "-c", worker + _MAIN.format(words=["specbench", *words])]
    else:
        command = [sys.executable, "-m", "specbench", *words]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"specbench {' '.join(words)}:\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - started


def study_of(jobs: int, folder: Path) -> int:
    """Write ``study.toml`` of about ``jobs`` jobs; return how many it has."""
    path = folder / "study.toml"
    counts = []
    for seeds in (1, 2):
        path.write_text(STUDY.format(seeds=list(range(seeds))))
        counts.append(len(expand(load(path), Results.at(folder / "none")).jobs))
    a_seed = counts[1] - counts[0]
    seeds = max(1, round((jobs - counts[0]) / a_seed) + 1)
    path.write_text(STUDY.format(seeds=list(range(seeds))))
    return counts[0] + (seeds - 1) * a_seed


def plan(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """Measure planning."""
    jobs = study_of(options.jobs, folder)
    study = load(folder / "study.toml")
    started = time.perf_counter()
    expand(study, Results.at(folder / "results"))
    library = time.perf_counter() - started
    command = specbench("plan", "study.toml", cwd=folder)
    what = f"plan {jobs:,} jobs"
    return [
        [f"{what}, the library", f"{library:.2f} s", "2 s"],
        [f"{what}, `specbench plan`", f"{command:.2f} s", "2 s"],
    ]


def jobs(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """Measure what a job costs that does nothing."""
    few, many = study_of(60, folder), 0
    first = specbench("run", "study.toml", cwd=folder, idle=True)
    shutil.rmtree(folder / "results")
    many = study_of(options.idle, folder)
    whole = specbench("run", "study.toml", cwd=folder, idle=True)
    each = (whole - first) / (many - few) * 1e3
    return [
        [f"{many - few:,} jobs that do nothing, beyond the first {few}", f"{each:.1f} ms", "15"]
    ]


def again(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """Measure the run of a study that is finished."""
    count = study_of(options.jobs, folder)
    specbench("run", "study.toml", cwd=folder, idle=True)
    seconds = min(specbench("run", "study.toml", cwd=folder) for _ in range(3))
    return [[f"run {count:,} finished jobs, its start included", f"{seconds:.2f} s", "3 s"]]


def start(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """Measure the start of a worker process."""

    def seconds(*command: str, words: str = "") -> float:
        started = time.perf_counter()
        environment = Slot("cpu").environment()
        subprocess.run(
            [sys.executable, *command], input=words, text=True, check=True, env=environment,
            cwd=folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return time.perf_counter() - started

    torch, worker = [], []
    for _ in range(options.rounds):
        torch.append(seconds("-c", "import torch"))
        # The worker ends with its standard input; what a training imports is in.
        worker.append(seconds("-c", "import specbench.jobs.worker, specbench.jobs.network as n\n"
                                    "import specbench.training.train; n"))  # fmt: skip
    beyond = float(np.median(worker) - np.median(torch))
    return [
        ["`import torch`", f"{np.median(torch):.2f} s", ""],
        ["a worker that can train, beyond it", f"{beyond:.2f} s", "0.5 s"],
    ]


DOMAINS = ("rgb", "normal", "depth_zbuffer", "depth_euclidean", "edge_texture",
           "keypoints2d", "segment_semantic")  # fmt: skip


def pictures(root: Path, count: int) -> list[Path]:
    """Write ``count`` PNGs of each domain, smooth with some noise, as Taskonomy lays them out."""
    rng = np.random.default_rng(0)
    paths = []
    for domain in DOMAINS:
        for split in SPLITS:
            (root / domain / split).mkdir(parents=True)
        for index in range(count):
            small = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
            smooth = np.asarray(Image.fromarray(small).resize((512, 512), Image.Resampling.BICUBIC))
            noisy = np.clip(smooth + rng.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)
            if domain == "segment_semantic":
                image = Image.fromarray(noisy[..., 0] % 16)
            elif domain in ("rgb", "normal"):
                image = Image.fromarray(noisy)
            else:
                image = Image.fromarray(noisy[..., 0].astype(np.uint16) * 100 + 512)
            paths.append(
                root / domain / SPLITS[index % 3] / f"point_{index}_view_0_domain_{domain}.png"
            )
            image.save(paths[-1])
    return paths


def _decoded(path: Path) -> int:
    with Image.open(path) as image:
        image.load()
        return image.size[0]


def _packed(domain: str, root: Path, into: Path) -> None:
    splits = {split: [split] for split in SPLITS}
    source = make_source({"kind": "taskonomy", "roots": [root], "splits": splits})
    pack_domain(source, domain, 128, into / domain, lambda news: None)


def _on_all_cores(act: Callable[..., Any], *columns: list[Any]) -> float:
    """Return the seconds of ``act`` on all cores, in processes with a worker's environment."""
    os.environ.update(Slot("cpu").environment())
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        list(pool.map(abs, range(cores())))  # processes have started
        started = time.perf_counter()
        list(pool.map(act, *columns, chunksize=1))
        return time.perf_counter() - started


def pack(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """Measure packing on all cores, and decoding alone."""
    paths = pictures(folder / "pictures", options.pictures)
    found: dict[str, list[float]] = {"decode": [], "pack": []}
    for turn in range(options.rounds):
        into = folder / f"packs{turn}"
        roots = [folder / "pictures"] * len(DOMAINS)
        found["decode"].append(_on_all_cores(_decoded, list(paths)))
        found["pack"].append(_on_all_cores(_packed, list(DOMAINS), roots, [into] * len(DOMAINS)))
    decode, packing = (float(np.median(found[name])) for name in ("decode", "pack"))
    files = f"{len(paths):,} PNGs of 512 pixels on {cores()} core(s)"
    return [
        [f"decode {files}, Pillow", f"{decode:.1f} s", ""],
        [f"pack {files}", f"{packing:.1f} s, {packing / decode:.2f} × that", "1 ×"],
    ]


def memory(folder: Path, options: argparse.Namespace) -> list[list[str]]:
    """Measure what a training process holds that no file stands behind."""
    lines, most = [], 4096
    for images in (most // 8, most):
        data = make_data(folder / f"data{images}", 64, images)
        size = sum(path.stat().st_size for path in (folder / f"data{images}").rglob("*.npy"))
        held = _held(data, folder / "work", most // images)  # as many steps
        lines.append(
            [f"a training over {size / 1e6:.0f} MB of packed arrays", f"{held:.0f} MB", ""]
        )
    return lines


def _held(data: dict[str, Path], work: Path, epochs: int) -> float:
    """Return the anonymous memory, in MB, of a process that has trained on ``data``."""
    command = [
        sys.executable,
        __file__,
        "--hold",
        json.dumps([str(work), {k: str(v) for k, v in data.items()}, epochs]),
    ]
    done = subprocess.run(
        command, env=Slot("cpu").environment(), capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def _hold(work: str, data: dict[str, str], epochs: int) -> None:
    from loops.setting import Setting

    from specbench.training.train import train

    content = Setting(2, "resnet18", 64, epochs=epochs).content()
    train(
        content,
        {name: Path(path) for name, path in data.items()},
        Path(work),
        "cpu",
        lambda news: None,
    )
    rolled = Path("/proc/self/smaps_rollup").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in rolled if line.startswith("Anonymous:"))
    print(kilobytes / 1e3)


PARTS = {part.__name__: part for part in (plan, jobs, again, start, pack, memory)}


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.hold:
        _hold(*json.loads(options.hold))
        return
    about = machine("duckdb", "pillow")
    print(in_words(about))
    lines = [["what", "measured", "goal"]]
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            lines += PARTS[name](Path(folder), options)
    print(table(lines))
    settings = {name: value for name, value in vars(options).items() if name != "out"}
    write(options.out, {"machine": about, "options": settings, "lines": lines[1:]})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--jobs", type=int, default=10_000, help="of the large study")
    parser.add_argument("--idle", type=int, default=1_000, help="jobs that do nothing")
    parser.add_argument("--pictures", type=int, default=60, help="of each domain")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    parser.add_argument("--hold", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
