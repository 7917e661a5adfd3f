"""Training throughput: specbench against LibMTL and against a plain PyTorch loop.

Same networks (hard sharing, ``--encoder`` with decoders of four blocks), same images, batch, epochs
and tasks; images a second of whole trainings, validation after every epoch included. A study trains
many networks, so on a CPU specbench is measured as it runs: one process of one thread a core, each
with a network of its own. The others train one network with all cores, LibMTL with two more
processes that read files. Packing, which a study pays once, is not in the figures.

Contenders take turns, A B A B, each in new processes that have trained for a moment before the
clock runs; medians, and ratios of them. ``--encoder conv --images 64 --rounds 1`` is a quick look.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from loops.setting import Setting
from machine import alternate, in_words, machine, table, write

from specbench.scheduler.devices import Slot

GOALS = {
    ("libmtl", "fp32"): {1: 2.3, 2: 2.5, 4: 2.5},
    ("libmtl", "bf16"): {1: 3.5, 2: 4.0, 4: 4.0},
    ("plain", "fp32"): {4: 1.6},
    ("plain", "bf16"): {4: 2.6},
}
"""What specbench should reach, as a multiple of a contender in fp32, on two cores with AVX-512."""
_HERE = Path(__file__).parent


class Running:
    """A process that trains once; ready when it has been made."""

    def __init__(self, loop: str, setting: Setting, threads: int) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        if loop == "ours":
            gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
            slot = Slot(setting.device, gpu if setting.device == "cuda" else "")
            environment = slot.environment()
        words = [sys.executable, "train_one.py", loop, json.dumps(dataclasses.asdict(setting))]
        self._process = subprocess.Popen(
            words,
            cwd=_HERE,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read("ready")

    def go(self) -> None:
        """Let it train."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def found(self) -> dict[str, float]:
        """Wait for its end and return what it found."""
        found: dict[str, float] = json.loads(self._read("{"))
        self._process.wait()
        return found

    def _read(self, start: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(start):
                return line
        raise SystemExit(f"{' '.join(self._process.args[1:3])} failed")  # type: ignore[index]


def measured(loop: str, setting: Setting, processes: int, threads: int) -> dict[str, float]:
    """Return images a second of ``processes`` trainings at once, and their mean loss."""
    settings = [dataclasses.replace(setting, seed=setting.seed + i) for i in range(processes)]
    running = [Running(loop, each, threads) for each in settings]
    for each in running:
        each.go()
    found = [each.found() for each in running]
    seconds = max(each["seconds"] for each in found)
    images = sum(each["images"] for each in found)
    return {"rate": images / seconds, "loss": statistics.fmean(each["loss"] for each in found)}


def compare(setting: Setting, cores: int, rounds: int, libmtl: bool, bf16: bool) -> dict[str, Any]:
    """Return rates and losses of every contender for one number of tasks."""
    half = dataclasses.replace(setting, precision="bf16")
    contenders = {
        "plain": ("plain", setting, 1, cores),
        "ours": ("ours", setting, cores, 1),
        "ours, one process": ("ours", setting, 1, 1),
    }
    if libmtl:
        contenders = {"libmtl": ("libmtl", setting, 1, cores), **contenders}
    if bf16:
        contenders |= {"ours, bf16": ("ours", half, cores, 1)}
    losses: dict[str, list[float]] = {name: [] for name in contenders}
    turn = iter(range(rounds * len(contenders)))

    def run(name: str) -> float:
        loop, how, processes, threads = contenders[name]
        seed = next(turn) // len(contenders) * cores
        found = measured(loop, dataclasses.replace(how, seed=seed), processes, threads)
        losses[name].append(found["loss"])
        print(f"  {setting.tasks} task(s), {name}: {found['rate']:.1f} images/s", flush=True)
        return found["rate"]

    rates = alternate({name: (lambda name=name: run(name)) for name in contenders}, rounds)
    return {"rates": rates, "losses": losses}


def rows(tasks: int, found: dict[str, Any]) -> list[list[str]]:
    """Return the lines of the table for one number of tasks."""
    rates = {name: statistics.median(each) for name, each in found["rates"].items()}
    lines = []
    for name, rate in rates.items():
        over = []
        precision = "bf16" if "bf16" in name else "fp32"
        for peer in ("libmtl", "plain"):
            goal = GOALS[peer, precision].get(tasks)
            wanted = f" (goal {goal:g})" if goal and name in ("ours", "ours, bf16") else ""
            over.append(f"{rate / rates[peer]:.2f} ×{wanted}" if peer in rates else "-")
        losses = found["losses"][name]
        spread = f" ± {statistics.stdev(losses):.3f}" if len(losses) > 1 else ""
        loss = f"{statistics.fmean(losses):.3f}{spread}"
        lines.append([str(tasks), name, f"{rate:.1f}", *over, loss])
    return lines


def main() -> None:
    """Measure and print."""
    options = _options()
    about = machine("LibMTL", "numpy")
    print(in_words(about))
    libmtl = find_spec("LibMTL") is not None
    if not libmtl:
        print("LibMTL is left out: not installed (pip install --no-deps LibMTL==1.1.5)")
    cores = 1 if options.device == "cuda" else len(os.sched_getaffinity(0))
    lines = [["tasks", "loop", "images/s", "over LibMTL", "over plain loop", "validation loss"]]
    numbers: dict[str, Any] = {"machine": about, "setting": vars(options) | {"out": None}}
    for tasks in options.tasks:
        setting = Setting(
            tasks,
            options.encoder,
            options.size,
            options.images,
            options.epochs,
            options.batch,
            device=options.device,
            decoder_width=options.decoder_width,
        )
        found = compare(setting, cores, options.rounds, libmtl, options.bf16)
        lines += rows(tasks, found)
        numbers[str(tasks)] = found
    print(table(lines))
    for tasks in options.tasks:
        rates = {n: statistics.median(each) for n, each in numbers[str(tasks)]["rates"].items()}
        ratio = rates["ours"] / rates["ours, one process"]
        print(f"{tasks} task(s): {cores} process(es) over one: {ratio:.2f} × (goal 1.9 for two)")
    write(options.out, numbers)


def _options(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--decoder-width", type=int, default=0, help="0: the encoder's default")
    parser.add_argument("--tasks", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=512, help="training images")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bf16", action="store_true", help="ours in bf16 too")
    parser.add_argument("--out", type=Path, help="JSON file for the numbers")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
