"""specbench's own training, as a worker runs it: one thread, data mapped or in memory."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from loops.setting import Found, Setting

from specbench.training.train import Training


def prepare(setting: Setting) -> dict[str, object]:
    """Return the data sets by split."""
    val = setting.hills("val")
    return {"train": setting.hills("train"), "val": val, "test": val}


def train(setting: Setting, data: dict[str, object]) -> Found:
    """Train once."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        training = Training(
            setting.content(), data, Path(folder), setting.device, lambda news: None
        )
        training.run()
        seconds = time.perf_counter() - started
    last = [row["loss"] for row in training.record.curves if row["split"] == "val"]
    return Found(training.record.images, seconds, sum(last[-setting.tasks :]))
