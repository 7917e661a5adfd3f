"""One process of benchmarks/training.py: gets ready, waits for the word, trains."""

from __future__ import annotations

import dataclasses
import json
import sys
from importlib import import_module

from loops.setting import Setting

# A moment of the same training before the clock runs: kernels are chosen, memory is fetched.
_WARM = {"images": 64, "epochs": 1}


def main() -> None:
    """Read the setting from the second argument and the word from standard input."""
    loop = import_module(f"loops.{sys.argv[1]}")
    setting = Setting(**json.loads(sys.argv[2]))
    warm = dataclasses.replace(setting, **_WARM)
    loop.train(warm, loop.prepare(warm))
    data = loop.prepare(setting)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(loop.train(setting, data)._asdict()), flush=True)


if __name__ == "__main__":
    main()
