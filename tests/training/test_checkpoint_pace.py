"""How often an unfinished training is written: a small one always, a large one as time allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from specbench.training import checkpoint
from specbench.training.checkpoint import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(checkpoint, "time", clock)
    return clock


def saving(seconds: float, size: int, clock: Clock) -> Any:
    def save(*given: object) -> int:
        clock.now += seconds
        return size

    return save


def test_the_first_is_due_and_a_small_one_always(clock: Clock, tmp_path: Path) -> None:
    pace = Pace()
    assert pace.due()
    pace.save(tmp_path, {}, {"weights": torch.zeros(3)})
    assert pace.due()
    assert (tmp_path / checkpoint.NAME).exists()


def test_large_ones_take_a_fiftieth_of_the_time(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "save_checkpoint", saving(2.0, 17 << 20, clock))
    pace, writing, started = Pace(1000 << 20), 0.0, clock.now
    assert not pace.due()
    while clock.now - started < 1000:
        clock.now += 3.0  # an epoch
        if pace.due():
            pace.save(tmp_path, {}, {})
            writing += 2.0
    assert 0.01 < writing / (clock.now - started) <= 0.02
