"""Many networks on one device: the 36 networks of a five-task study, in several ways.

The 31 groups of five tasks and the five single nets of half capacity, trained

- by the plain loop, one after another (``benchmarks/loops/plain.py``);
- by specbench, one after another;
- by specbench side by side in one process, ``--together`` at a time, on one stream of batches, each
  in a queue of its own on a GPU (``specbench.training.together``, ``run --side-by-side``);
- by specbench in several processes on the one device (``run --workers``);
- on a GPU, side by side with every step recorded once as a CUDA graph and played again, which the
  program does not do itself (``benchmarks/loops/graphed.py``).

Seconds for all of them, and how far the final losses are from those of training alone. On a CPU the
mechanisms can be tried and their results compared, but a core has nothing to fill.

``python benchmarks/side_by_side.py --device cuda`` measures; ``--tasks 2 --images 64`` is a look.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import torch
from hills import TASKS
from loops import ours, plain
from loops.setting import Setting
from machine import alternate, in_words, machine, medians, table, write

from specbench.training.together import shared_stream, train_together
from specbench.training.train import Trained, Training

Content = dict[str, Any]


def contents(setting: Setting) -> list[Content]:
    """Return the networks: every group of tasks, and single ones at half capacity."""
    names = TASKS[: setting.tasks]
    groups = [group for size in range(1, len(names) + 1) for group in combinations(names, size)]
    return [
        *(setting.content(group) for group in groups),
        *(setting.content((name,), 0.5) for name in names),
    ]


def side_by_side(setting: Setting, networks: list[Content], together: int) -> list[float]:
    """Train ``together`` networks at a time; return each one's final validation loss."""
    data = ours.prepare(setting)
    losses = []
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(networks), together):
            trainings = [
                Training(content, data, Path(folder) / str(start + i), setting.device, _quiet)
                for i, content in enumerate(networks[start : start + together])
            ]
            for found in train_together(trainings, shared_stream(trainings, data["train"])):
                assert isinstance(found, Trained), found
                losses.append(_last(found))
    return losses


def one_by_one(setting: Setting, networks: list[Content]) -> list[float]:
    """Train with the plain loop, one after another."""
    data = plain.prepare(setting)
    return [plain.train_network(setting, data, content).loss for content in networks]


def processes(setting: Setting, count: int) -> float:
    """Return the seconds in which ``count`` processes train all networks between them."""
    words = json.dumps(dataclasses.asdict(setting))
    running = [
        subprocess.Popen(
            [sys.executable, __file__, "--part", f"{i}/{count}", "--setting", words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(count)
    ]
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    started = time.perf_counter()
    for each in running:
        each.communicate("go\n")
    return time.perf_counter() - started


def _part(part: str, words: str) -> None:
    """Be one of several processes: get ready, wait for the word, train every n-th network."""
    setting = Setting(**json.loads(words))
    index, count = map(int, part.split("/"))
    side_by_side(dataclasses.replace(setting, images=setting.batch), contents(setting)[:1], 1)
    print("ready", flush=True)
    sys.stdin.readline()
    side_by_side(setting, contents(setting)[index::count], 1)


def _last(found: Trained) -> float:
    curves = [row for row in found.result["curves"] if row["split"] == "val"]
    last = max(row["epoch"] for row in curves)
    return float(sum(row["loss"] for row in curves if row["epoch"] == last))


def _quiet(news: dict[str, Any]) -> None:
    pass


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.part:
        _part(options.part, options.setting)
        return
    about = machine("numpy")
    print(in_words(about))
    setting = Setting(
        options.tasks,
        options.encoder,
        options.size,
        options.images,
        options.epochs,
        options.batch,
        options.precision,
        options.device,
    )
    networks, losses = contents(setting), dict[str, list[float]]()
    if options.device == "cpu":
        torch.set_num_threads(1)

    def timed(name: str, train: Any) -> float:
        started = time.perf_counter()
        losses[name] = train()
        if options.device == "cuda":
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
        print(f"  {name}: {seconds:.1f} s", flush=True)
        return seconds

    ways: dict[str, Any] = {
        "plain loop, one after another": lambda: one_by_one(setting, networks),
        "ours, one after another": lambda: side_by_side(setting, networks, 1),
    }
    for together in options.together:
        name = f"ours, {together} side by side"
        ways[name] = lambda together=together: side_by_side(setting, networks, together)
        if options.device == "cuda":
            from loops import graphed

            name = f"CUDA graphs, {together} side by side"
            ways[name] = lambda together=together: graphed.train(setting, networks, together)
    runs = {name: (lambda n=name, way=way: timed(n, way)) for name, way in ways.items()}
    for count in options.processes:
        runs[f"ours, {count} processes"] = lambda count=count: processes(setting, count)
    seconds = medians(alternate(runs, options.rounds))
    first, alone = next(iter(seconds.values())), losses["ours, one after another"]
    rows = [["way", "seconds", "over the first", "largest change of a loss"]]
    for name, each in seconds.items():
        apart = "-"
        if name in losses and not name.startswith("plain"):
            apart = f"{max(abs(a / b - 1) for a, b in zip(losses[name], alone, strict=True)):.1e}"
        rows.append([name, f"{each:.1f}", f"{first / each:.2f} ×", apart])
    print(f"{len(networks)} networks, {setting.encoder}, {setting.size} px, {setting.precision}")
    print(table(rows))
    numbers = {"machine": about, "setting": dataclasses.asdict(setting), "seconds": seconds}
    write(options.out, {**numbers, "losses": losses})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--encoder", default="conv")
    parser.add_argument("--tasks", type=int, default=5, choices=range(2, 6))
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=512, help="training images")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--together", type=int, nargs="*", default=[4, 12, 36])
    parser.add_argument("--processes", type=int, nargs="*", default=[2, 4])
    parser.add_argument("--out", type=Path, help="JSON file for the numbers")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--setting", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
